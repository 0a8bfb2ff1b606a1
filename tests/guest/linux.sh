#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: core quick timeout=200
#
# The library linux: right and wrong uses of each function.

# shellcheck source=tests/guest/lib/guest.sh
. "$(dirname "$0")/lib/guest.sh"
spinning=()
for _ in 1 2; do
	while :; do :; done &
	spinning+=($!)
done
lua_suite linux
kill "${spinning[@]}"
finish
