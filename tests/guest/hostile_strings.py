#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: timeout=400
"""Functions of the string library that run for ever inside one call: ended as well."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import hostile

sys.exit(hostile.run("string-*", "utf8-*"))
