#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: debug timeout=200
#
# The example systrack, read with cat.

# shellcheck source=tests/guest/lib/guest.sh
. "$(dirname "$0")/lib/guest.sh"

# count NAME: how often a system call was made, as the device says.
count()
{
	cat /dev/systrack | sed -n "s/^$1: //p"
}

gives "it runs" 0 '' '' lunatik run examples/systrack
like "cat /dev/systrack" "$(cat /dev/systrack | tr '\n' ' ')" \
	'^openat: [0-9]+ read: [0-9]+ write: [0-9]+ readv: [0-9]+ writev: [0-9]+ close: [0-9]+ $'
for call in writev write openat close; do
	before=$(count $call)
	python3 - $call <<'EOF'
import os, sys
null = os.open("/dev/null", os.O_WRONLY)
for i in range(500):
    if sys.argv[1] == "writev": os.writev(null, [b"x"])
    if sys.argv[1] == "write": os.write(null, b"x")
    if sys.argv[1] in ("openat", "close"): os.close(os.open("/dev/null", os.O_RDONLY))
EOF
	after=$(count $call)
	ok "500 more of $call are counted ($before, $after)" test $((after - before)) -ge 500
done
gives "it stops" 0 '' '' lunatik stop examples/systrack
ok "its probes are gone" bash -c '! grep -q sys_ /sys/kernel/debug/kprobes/list'
finish
