#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: core quick
#
# The guest is what the other suites take for granted.

# shellcheck source=tests/vm/ktap.sh
. "$KTAP"

release=$(uname -r)
plan 7
ok "the kernel's own modules are there" modinfo -n overlay
ok "so are ours" test -f "/lib/modules/$release/updates/lunatik/lunatik.ko"
ok "modprobe knows ours" modinfo -n lunatik
ok "the root can be written to, and forgets it" touch /etc/lunatik-was-here
ok "what this machine has installed can be used" bash -c 'command -v ip && command -v nc'
is "the loopback interface is up" "$(cat /sys/class/net/lo/flags)" 0x9
like "lunatik.ko is loaded" "$(cat /proc/modules)" '^lunatik |[[:space:]]lunatik '
finish
