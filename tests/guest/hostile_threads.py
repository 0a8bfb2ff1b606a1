#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: timeout=300
"""Each script of tests/hostile in a kernel thread: it ends as promised, and hurts nobody."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import contexts

sys.exit(contexts.run("thread"))
