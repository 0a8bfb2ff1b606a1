#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: debug timeout=200
"""States in several network namespaces, many clients at once, and namespaces that go."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import states

states.main(states.consistency, states.numbers, states.namespaces, states.namespaces_go, states.ends_last)
