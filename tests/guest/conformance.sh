#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: core timeout=400
#
# The same scripts in the kernel and in the unmodified interpreter of the same version, in the same guest: both print the same.

# shellcheck source=tests/guest/lib/guest.sh
. "$(dirname "$0")/lib/guest.sh"

tree=$(cd "$(dirname "$0")/../.." && pwd)
reference=$tree/build/conformance/lua
lunatik load
cd "$tree/tests/conformance" || exit 1
for script in ./*.lua; do
	name=$(basename "$script" .lua)
	# These two look for files of their own where only the host's comparison has them.
	[ "$name" = base-loadfile ] || [ "$name" = package-require ] && continue
	wanted=$("$reference" "$script" 2>&1)
	got=$(lunatik run "$script" 2>&1)
	lunatik stop "$name" 2>/dev/null
	if [ "$got" = "$wanted" ]; then
		result 0 "$name"
	else
		diff <(echo "$wanted") <(echo "$got") | head -n 6 | sed 's/^/# /'
		result 1 "$name"
	fi
done
finish
