#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: core timeout=300
#
# The library socket: right and wrong uses of each function, what may not sleep, network namespaces.

# shellcheck source=tests/guest/lib/guest.sh
. "$(dirname "$0")/lib/guest.sh"

ip link set lo up
lua_suite socket
rm -f /tmp/ppp*

install_script socket_softirq <<'LUA'
local socket = require("socket")
return function() socket.new(2, 1) end
LUA
gives "new is refused in a softirq runtime" 1 '' "'new' may sleep and cannot be called in a softirq runtime" \
	lunatik run -e 'require("lunatik").runtime("test/socket_softirq", "softirq"):resume()'

# Network namespaces: a script's sockets are where it was started, and it ends with them.
ip netns add lunatik_a
ip -n lunatik_a link set lo up
ip netns exec lunatik_a lunatik run -e '
	local socket = require("socket")
	held = socket.new(socket.af.INET, socket.sock.STREAM)
	held:bind(0x7f000001, 4321)
	held:listen()' --name there
ip netns exec lunatik_a nc -z 127.0.0.1 4321
result $? "a script's socket is in the namespace it was run in"
! nc -z 127.0.0.1 4321
result $? "and in no other"
gives "an address is free in another namespace" 0 '' '' lunatik run -e '
	local socket = require("socket")
	local s <close> = socket.new(socket.af.INET, socket.sock.STREAM)
	s:bind(0x7f000001, 4321)'

# What the opener of a socket may in another namespace is asked of its file, which netlink's sockets have therefore.
ip netns set lunatik_a 7
gives "a link of another namespace is asked for" 0 '16*' '' lunatik run -e '
	local socket = require("socket")
	local route <close> = socket.new(socket.af.NETLINK, socket.sock.RAW, 0)
	route:send(("<I4I2I2I4I4 I1xI2i4I4I4 I2I2i4"):pack(40, 18, 1, 7, 0, 0, 0, 1, 0, 0, 8, 46, 7))
	print((("<I2"):unpack(route:receive(8192), 5)))'

# A veth pair goes when one end's namespace does: so its end shows that a namespace is gone.
ip link add lunatik_0 type veth peer name lunatik_1
ip link set lunatik_1 netns lunatik_a
ip netns delete lunatik_a
sleep 1
is "the runtime keeps its namespace" "$(ip -br link show lunatik_0 | wc -l)" 1
gives "unload ends the runtime" 0 '*' '' lunatik unload
gone()
{
	! ip link show lunatik_0
}
within 20 gone
result $? "with it the namespace goes"

finish
