#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: core timeout=240
#
# Other kernel modules on top of Lunatik: those of examples/kmod-* and the one in capi/, which `make stage` has built against
# what `make install` installs.

# shellcheck source=tests/guest/lib/guest.sh
. "$(dirname "$0")/lib/guest.sh"

mkdir -p $scripts/capi
cp "$(dirname "$0")"/capi/lib/*.lua $scripts/capi/

# ---- what the test module finds out inside the kernel

ok "the test module is loaded" modprobe lunatik_capi
for group in runtimes states errors contexts threads objects registry fields memory cxx lives; do
	lines=0
	while IFS= read -r line; do
		lines=$((lines + 1))
		case $line in
		'ok - '*) result 0 "$group: ${line#ok - }" ;;
		*) result 1 "$group: ${line#not ok - }" ;;
		esac
	done < <(cat /sys/kernel/debug/lunatik_capi/$group || echo "not ok - the file cannot be read")
	ok "$group: all of it was run" test $lines -gt 2
done

# ---- classes as scripts use them

lua_suite capi/classes

# unloads NAME MODULE: once nobody uses it; what an atomic runtime or a worker lets go takes a moment.
unloads()
{
	ok "$1" within 5 rmmod "$2"
}

lunatik stop test/capi/classes
ok "the test module has no user left" rmmod lunatik_capi

gives "a class in C, loaded by require()" 0 '2	numbers	false	ENOSPC
1	1
false	EBADF' '' lunatik run examples/kmod-class/c/ring
ok "its ticker calls back three times" within 5 bash -c 'dmesg | grep -q "kmod-class/c/ring: tick	3	[0-9]*	0"'
gives "its module cannot be removed while a script uses it" 1 '' 'in use' rmmod lunatik_ring
lunatik stop examples/kmod-class/c/ring
unloads "and can after that" lunatik_ring

install_script capi/endless <<'EOF'
local ring = require("ring")
ring.ticker { period = 1, tick = function() count = (count or 0) + 1 if count % 2 == 0 then error("every other tick") end end }
EOF
gives "a ticker whose function raises" 0 '' '' lunatik run test/capi/endless
sleep 0.2
gives "stops with its runtime" 0 '' '' lunatik stop test/capi/endless
unloads "and lets go of the module" lunatik_ring
gives "a class in C++" 0 '2	false	ENOSPC
1	1
false	EBADF' '' lunatik run examples/kmod-class/cpp/queue
lunatik stop examples/kmod-class/cpp/queue

install_script capi/gives <<'EOF'
local lunatik = require("lunatik")
lunatik._ENV.queue = require("queue").new {}
lunatik._ENV.ring = require("ring").common()
EOF
install_script capi/takes <<'EOF'
local lunatik = require("lunatik")
local queue = lunatik._ENV.queue
queue:push(5)
print(queue:pop())
local push = queue.push
queue = nil
collectgarbage()
print(pcall(function() return lunatik._ENV.ring end))
print(require("ring") and #lunatik._ENV.ring)
lunatik._ENV.queue, lunatik._ENV.ring = nil, nil
return function() return pcall(push) end
EOF
gives "objects for other scripts" 0 '' '' lunatik run test/capi/gives
gives "one that takes them" 0 '5	0
false	.*require\("ring"\) first.*
0' '' lunatik run test/capi/takes
lunatik stop test/capi/gives
gives "methods keep their module, in C++" 1 '' 'in use' rmmod lunatik_queue
gives "and in C" 1 '' 'in use' rmmod lunatik_ring
lunatik stop test/capi/takes
unloads "until the runtime that knows them stops" lunatik_queue
unloads "also in C" lunatik_ring

# ---- the documented device, in C and in C++

# reads NAME LENGTH STATUS OUT ERR: one read(2) of that length; the script looks at it.
reads()
{
	gives "$module: $1" "$3" "$4" "$5" dd if=/dev/mydevice bs="$2" count=1 status=none
}

cp /lib/modules/lua/mydevice.lua "$work"
for module in mydevice mydevice_cpp; do
	cp "$work/mydevice.lua" /lib/modules/lua/mydevice.lua
	ok "$module is loaded" modprobe $module
	gives "$module: head -c 4" 0 '^4242$' '' head -c 4 /dev/mydevice
	lunatik run -e 'x = 1' --name stays
	gives "$module: lunatik.ko is in use" 1 '' "in use by the kernel module $module.hint: nothing was stopped" lunatik unload
	ok "$module: no runtime is stopped for that" is_state stays ready
	lunatik stop stays
	gives "$module: and goes on" 0 '^42$' '' head -c 2 /dev/mydevice
	exec 5</dev/mydevice
	gives "$module: an open file keeps the module" 1 '' 'in use' rmmod $module
	gives "$module: which is read" 0 '^42$' '' bash -c 'head -c 2 <&5'
	exec 5<&-
	unloads "$module is removed" $module

	cat >/lib/modules/lua/mydevice.lua <<'EOF'
local read = 0
function myread(len, off)
	if len == 10 then error("on purpose") end
	if len == 11 then return {} end
	if len == 12 then return "abc", {} end
	if len == 13 then return off < 100 and tostring(off) or "", off + 50 end
	if len == 14 then return ("x"):rep(100) end
	if len == 15 then return "" end
	if len == 16 then while true do end end
	if len == 17 then return nil end
	if len == 18 then return ("x"):rep(1 << 40) end
	if len == 19 then myread = nil end
	return "42"
end
EOF
	ok "$module is loaded with another script" modprobe $module
	reads "a script that raises" 10 1 '' 'Operation canceled'
	reads "no string" 11 1 '' 'Invalid argument'
	reads "nothing" 17 1 '' 'Invalid argument'
	reads "too much memory" 18 1 '' 'Operation canceled'
	if [ $module = mydevice ]; then
		reads "an offset that is none, outside of any pcall" 12 1 '' 'Operation canceled'
	else
		reads "an offset that is none" 12 0 '^abc$' ''
	fi
	gives "$module: an offset" 0 '^050$' '' dd if=/dev/mydevice bs=13 count=3 status=none
	reads "more than asked for" 14 0 '^xxxxxxxxxxxxxx$' ''
	reads "the end" 15 0 '' ''
	gives "$module: an endless script and a kill" 137 '' '*' timeout -s KILL 1 dd if=/dev/mydevice bs=16 count=1
	reads "the runtime goes on" 2 0 '^42$' ''
	reads "a function that forgets itself" 19 0 '^42$' ''
	if [ $module = mydevice ]; then
		reads "and is not found" 2 1 '' 'Operation canceled'
	else
		reads "and is not found" 2 1 '' 'No such file'
	fi
	unloads "$module is removed again" $module

	echo 'error("no")' >/lib/modules/lua/mydevice.lua
	gives "$module: a script that raises when it is loaded" 1 '' 'Invalid argument' modprobe $module
	rm /lib/modules/lua/mydevice.lua
	gives "$module: no script" 1 '' 'Invalid argument' modprobe $module
	ok "$module: leaves no device" test ! -e /dev/mydevice
done
cp "$work/mydevice.lua" /lib/modules/lua/

gives "lunatik.ko has no user left" 0 '' '' lunatik unload
gives "nothing is left behind" 0 '' '' bash -c '! grep -q "^lunatik\|^mydevice" /proc/modules'
lunatik load
like "and it can be loaded again" "$(lunatik run -e 'print(1)' 2>&1)" '^1$'

finish
