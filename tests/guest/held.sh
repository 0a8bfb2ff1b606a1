#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: core timeout=120
#
# Callbacks in odd places: where the kernel holds rtnl, which the end of an object may want; in a task that exits, whose files and
# root directory are gone.

# shellcheck source=tests/guest/lib/guest.sh
. "$(dirname "$0")/lib/guest.sh"

install_script held_netdevice <<'LUA'
local notifier, socket = require("notifier"), require("socket")
local going, event_socket
function member()
	local s = socket.new(socket.af.INET, socket.sock.DGRAM)
	-- IP_ADD_MEMBERSHIP of 239.0.0.1 at lo, whose end takes rtnl.
	s:setsockopt(0, 35, "\xef\0\0\1\x7f\0\0\1")
	return s
end
event_socket = member()
going = notifier.netdevice(function(event, name)
	if event == notifier.netdev.GOING_DOWN and name == "held0" then
		do local last <close> = going end
		event_socket = nil
		collectgarbage()
		print("let go")
	end
end)
LUA
ip link set lo up
gives "a script that lets go of its notifier and a socket in a callback" 0 '' '' lunatik run test/held_netdevice
ip link add held0 type dummy
ip link set held0 up
gives "below rtnl nothing waits for rtnl" 0 '' '' timeout 20 ip link set held0 down
said()
{
	lunatik log test/held_netdevice | grep -q "let go"
}
within 10 said
result $? "it was let go of"
gives "rtnl is free" 0 '' '' timeout 20 ip link delete held0
gives "the script ends" 0 '' '' lunatik stop test/held_netdevice

install_script held_exit <<'LUA'
local device, socket = require("device"), require("socket")
local made = { name = "held" }
function made.release()
	local s <close> = socket.new(socket.af.UNIX, socket.sock.DGRAM)
	print("connect", pcall(s.connect, s, "/run/nobody"))
	print("bind", pcall(s.bind, s, "/run/nobody"))
	print("send", pcall(s.send, s, "x", "/run/nobody"))
	print("device", pcall(device.new, { name = "held2" }))
	-- SO_ATTACH_BPF, of a file that the task has no more.
	print("option", pcall(s.setsockopt, s, 1, 50, 3))
end
device.new(made)
LUA
gives "a device whose release does much" 0 '' '' lunatik run test/held_exit
sh -c 'exec 3</dev/held'
released()
{
	[ "$(lunatik log test/held_exit | grep -c EINTR)" = 5 ]
}
within 10 released
result $? "a task that exits has no root directory and no files, and the callback is told"
exec 3</dev/held
exec 3<&-
is "one that closes has both" "$(lunatik log test/held_exit | grep -c 'connect.*ENOENT')" 1
gives "it ends" 0 '' '' lunatik stop test/held_exit

finish
