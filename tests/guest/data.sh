#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: core quick timeout=200
#
# The library data: right and wrong uses of each function.

# shellcheck source=tests/guest/lib/guest.sh
. "$(dirname "$0")/lib/guest.sh"
lua_suite data
finish
