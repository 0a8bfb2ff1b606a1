#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: core quick timeout=200
#
# What differs from the Lua of user space: no floats, no io, other names and numbers, text chunks only.

# shellcheck source=tests/guest/lib/guest.sh
. "$(dirname "$0")/lib/guest.sh"
lua_suite environment
finish
