#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: debug timeout=400
"""Loops without end, in scripts, coroutines, callbacks and finalizers: always ended within a second."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import hostile

sys.exit(hostile.run("loop-*", "gc-*"))
