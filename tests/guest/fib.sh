#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: core timeout=200
#
# The library fib; what it does is seen with `ip rule`.

# shellcheck source=tests/guest/lib/guest.sh
. "$(dirname "$0")/lib/guest.sh"

fib()
{
	lunatik run -e "require('fib').$1($2)" 2>&1
}

rules()
{
	ip rule list | grep -c "$1"
}

lua_suite fib
before=$(ip rule list)
is "newrule" "$(fib newrule '100, 7777')" ""
is "ip rule shows it" "$(ip rule list priority 7777 | tr -s "\t " " ")" "7777: from all lookup 100"
like "a second one of the same is refused" "$(fib newrule '100, 7777')" 'EEXIST'
is "another priority is another rule" "$(fib newrule '100, 7778')" ""
is "a table above 255" "$(fib newrule '4294967295, 7779')" ""
is "and priority 0" "$(fib newrule '101, 0')" ""
is "ip rule shows the large table" "$(rules '^7779:.*lookup 4294967295')" 1
is "ip rule shows priority 0" "$(rules '^0:.*lookup 101')" 1
like "delrule wants both to match" "$(fib delrule '99, 7777')" 'ENOENT'
for rule in '100, 7777' '100, 7778' '4294967295, 7779' '101, 0'; do
	is "delrule $rule" "$(fib delrule "$rule")" ""
done
is "the rules are as they were" "$(ip rule list)" "$before"
like "a rule that is gone" "$(fib delrule '100, 7777')" 'ENOENT'
ip rule add priority 7780 lookup 100
is "delrule takes what ip rule added" "$(fib delrule '100, 7780')" ""
is "fib rules take effect" "$(
	fib newrule '100, 7777'
	ip link set lo up
	ip route add 198.51.100.0/24 dev lo table 100
	ip route get 198.51.100.1 | grep -o 'table 100'
	ip route flush table 100
	fib delrule '100, 7777'
)" "table 100"

# A script's rules are those of the network namespace that lunatik was called in.
ip netns add fibtest
is "newrule in a namespace" "$(ip netns exec fibtest lunatik run -e "require('fib').newrule(100, 7777)" 2>&1)" ""
is "is seen in it" "$(ip -n fibtest rule list priority 7777 | grep -c 'lookup 100')" 1
is "and not outside" "$(rules '^7777:')" 0

# Its finalizer comes when the namespace is on its way out.
install_script fib_last <<'LUA'
local fib = require("fib")
local shared = require("lunatik")._ENV
last = setmetatable({}, { __gc = function() shared.fib = select(2, pcall(fib.newrule, 100, 7778)) end })
LUA
ok "a script with a finalizer" ip netns exec fibtest lunatik run test/fib_last
ip netns delete fibtest
# shellcheck disable=SC2016 # a script of the inner shell
ok "which finds no namespace any more" within 10 bash -c '[ "$(lunatik run -e "return require([[lunatik]])._ENV.fib")" = ENXIO ]'
lunatik run -e 'require("lunatik")._ENV.fib = nil'

install_script fib_atomic <<'LUA'
local fib = require("fib")
local probe = require("probe")
local shared = require("lunatik")._ENV
probe.new("__x64_sys_getppid", { pre = function() shared.fib = select(2, pcall(fib.newrule, 100, 7777)) end })
LUA
ok "a handler" lunatik run test/fib_atomic hardirq
python3 -c 'import os; os.getppid()'
like "may not change rules" "$(lunatik run -e 'return require("lunatik")._ENV.fib')" "'newrule' may sleep"
lunatik stop test/fib_atomic
finish
