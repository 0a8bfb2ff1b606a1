#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: core timeout=400
"""Recursion of every kind: an error, never the end of the kernel stack."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import hostile

sys.exit(hostile.run("stack-*"))
