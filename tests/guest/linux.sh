#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: core
#
# The library linux: right and wrong uses of each function.

. "$(dirname "$0")/lib/guest.sh"
lua_suite linux
finish
