#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: timeout=700
#
# Loading and unloading, again and again and under load: nothing stays behind, and what is in use is not removed.

# shellcheck source=tests/guest/lib/guest.sh
. "$(dirname "$0")/lib/guest.sh"

loaded()
{
	ls -d /sys/module/lunatik* 2>/dev/null
}

# Kilobytes that the kernel holds and cannot give back by itself.
held()
{
	echo 2 >/proc/sys/vm/drop_caches
	awk '/^(SUnreclaim|VmallocUsed|Percpu|KernelStack):/ { sum += $2 } END { print sum }' /proc/meminfo
}

gives "unload what the harness has loaded" 0 '' '' lunatik unload
is "nothing is loaded" "$(loaded)" ''

# A cycle leaves nothing: what many of them leave is seen in the sum, once the first has filled the kernel's own caches.
cycles=${RELOAD_CYCLES:-20}
cycle()
{
	local password
	lunatik load && lunatik run passwd && password=$(head -c 16 /dev/passwd) && [[ $password =~ ^[\ -~]{16}$ ]] &&
		lunatik unload && [ -z "$(loaded)" ] && [ ! -e /dev/passwd ] && [ ! -e /dev/lunatik ]
}
ok "load, run passwd, read 16 bytes, unload" cycle
before=$(held)
failed=0
begin=$(now)
for number in $(seq "$cycles"); do
	# A word now and then: who says nothing for long is taken for dead.
	[ $((number % 10)) != 0 ] || echo "# $number: $((($(now) - begin) / number)) ms each"
	said=$(cycle 2>&1) || { failed=$((failed + 1)); echo "# cycle $number: $said; $(loaded)"; }
done
is "$cycles times" $failed 0
after=$(held)
echo "# the kernel holds $before KiB before and $after KiB after"
ok "the kernel holds no more than before" test $((after - before)) -lt $((40 * cycles))
is "no line of the log complains" "$(dmesg | grep -E 'lunatik: [0-9]+ objects? left|\bBUG\b|\bWARNING\b')" ''

gives "load" 0 '' '' lunatik load
gives "a device in use" 0 '' '' lunatik run passwd
exec 8</dev/passwd
gives "rmmod of what it is made of" 1 '' 'in use' rmmod lunatik_device
gives "rmmod of what it needs" 1 '' 'in use' rmmod lunatik_linux
gives "rmmod of lunatik" 1 '' 'in use' rmmod lunatik
is "it still works" "$(head -c 16 <&8 | wc -c)" 16
gives "unload says what is in use" 1 '' '^lunatik: lunatik_device is in use: /dev/passwd is open in .*[0-9]+ \(bash\).*.hint: nothing was stopped; ' lunatik unload
ok "what ran goes on" is_state passwd ready
is "the device too" "$(head -c 16 <&8 | wc -c)" 16
exec 8<&-
gives "closed, it is unloaded" 0 '' '' lunatik unload
is "all of it" "$(loaded)" ''

# Unload under load: readers, threads, loops, sleepers, objects in the shared table.
install_script under_load <<'EOF'
local device, linux, lunatik, data = require("device"), require("linux"), require("lunatik"), require("data")
lunatik._ENV.data, lunatik._ENV.runtime = data.new(1000), lunatik.runtime("test/under_load_inner")
device.new { name = "t_load", read = function() return "x" end }
device.new { name = "t_sleep", read = function() linux.schedule() end }
return function()
	while true do
		lunatik._ENV.counter = (lunatik._ENV.counter or 0) + 1
		linux.schedule(1)
	end
end
EOF
install_script under_load_inner <<<'data = require("data").new(100)'
failed=0
for number in 1 2 3 4 5; do
	lunatik load
	lunatik spawn test/under_load
	lunatik run -e 'while true do end' --name loops >/dev/null 2>&1 &
	lunatik run -e 'require("linux").schedule()' --name sleeps >/dev/null 2>&1 &
	lunatik run -e 'while true do print("x") end' >/dev/null 2>&1 &
	(while read -r -n 1000 _ </dev/t_load; do :; done) 2>/dev/null &
	cat /dev/t_sleep 2>/dev/null &
	within 5 is_state loops loading
	before=$(now)
	said=$(lunatik unload 2>&1)
	status=$?
	took=$(($(now) - before))
	# What holds the device open may need a moment more to see that it is over.
	[ $status = 0 ] || { sleep 1; said+=$(lunatik unload 2>&1) && status=0; }
	wait
	[ $status = 0 ] && [ $took -lt $((8000 * slow)) ] && [ -z "$(loaded)" ] && [ ! -e /dev/t_load ] ||
		{ failed=$((failed + 1)); echo "# time $number: status $status, $took ms, $said; $(loaded)"; }
done
is "unload in the middle of everything, five times" $failed 0
gives "load after that" 0 '' '' lunatik load
gives "it works" 0 '^42$' '' lunatik run -e 42
gives "parameters" 0 '' '' lunatik unload
ok "a smaller default cap" modprobe lunatik maxalloc=1048576
gives "is the cap" 7 '' 'not enough memory' lunatik run -e '("x"):rep(2 << 20)'
gives "list shows it" 0 '/1M ' '' bash -c 'lunatik run -e "x = 1" --name capped; lunatik list'
gives "the interpreter with a jump table" 0 '' '' bash -c 'lunatik unload && modprobe lunatik computed_goto=1'
gives "works as well" 0 '^5050$' '' lunatik run -e 'local n = 0 for i = 1, 100 do n = n + i end return n'
before=$(now)
gives "and can be stopped" 8 '' 'timed out' lunatik run -e 'while true do end' --timeout 0.3
faster "in time" 3500 "$before"
gives "as it was" 0 '' '' lunatik reload
finish
