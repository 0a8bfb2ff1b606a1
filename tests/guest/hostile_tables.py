#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: timeout=400
"""The table library, the compiler and require on endless work: ended as well."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import hostile

sys.exit(hostile.run("table-*", "hash-*", "load-*", "call-*", "require-*",
                     "straight-*", "traceback-*"))
