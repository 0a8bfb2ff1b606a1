#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: timeout=400
"""Scripts that abuse objects, re-enter what they came from, flood and wait: ended, refused, and nobody is hurt."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import hostile
import ktap

ktap.install("nothing", "return function() end")
sys.exit(hostile.run("*", directory="kernel"))
