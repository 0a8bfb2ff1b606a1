#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: core timeout=200
#
# The libraries syscall and syscall.table, compared with the C library's header. What the addresses lead to, probe.sh sees.

# shellcheck source=tests/guest/lib/guest.sh
. "$(dirname "$0")/lib/guest.sh"

mapfile -t numbers < <(echo '#include <asm/unistd.h>' | cpp -dM |
	sed -nE 's/^#define __NR_(read|write|openat|close|readv|execve|futex|fstat|clone3) ([0-9]+)$/\1\n\2/p')
is "the header has them all" "${#numbers[@]}" 18
lua_suite syscall "${numbers[@]}"

install_script systab <<'LUA'
local syscall = require("syscall")
local t = require("syscall.table")
local known = 0
for number = 0, 600 do
	local name = syscall.name(number)
	if name then
		assert(syscall.number(name) == number, name)
		assert(t[name] == syscall.address(number), name)
		known = known + 1
	end
end
assert(known > 300, known)
for _, context in ipairs { "softirq", "hardirq" } do
	require("lunatik").runtime("test/systab_atomic", context):stop()
end
LUA
install_script systab_atomic <<'LUA'
assert(require("syscall.table").read == require("syscall").address(require("syscall").number("read")))
LUA
gives "all of them, in every context" 0 '' '' lunatik run test/systab
finish
