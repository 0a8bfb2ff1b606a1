#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: debug timeout=400
"""Named states over generic netlink: right use, each wrong one, endings, permission, events."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import states

states.main(states.basics, states.dumped(states.basics), states.names, states.memory, states.dumped(states.memory), states.code_of_any_size,
            states.dumped(states.code_of_any_size), states.repeated, states.requests, states.endings, states.dumped(states.endings),
            states.permission, states.events, states.unload)
