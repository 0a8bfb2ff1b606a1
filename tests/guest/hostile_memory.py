#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: timeout=400
"""Scripts that allocate for ever, and ways around the rules: an error in that script alone."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import hostile

sys.exit(hostile.run("memory-*", "binary-*", "debug-*"))
