#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: timeout=400
#
# Memory caps from far too small to comfortable: a runtime is made and works, or it is not made and the error says why.

# shellcheck source=tests/guest/lib/guest.sh
. "$(dirname "$0")/lib/guest.sh"

install_script small <<'EOF'
local t = {}
for i = 1, 100 do t[i] = "text " .. i end
assert(#table.concat(t) == 692)
return function() end
EOF
install_script classes <<'EOF'
local device, linux, data, lunatik = require("device"), require("linux"), require("data"), require("lunatik")
device.new { name = "t_capped", read = function(_, length) return ("x"):rep(length) end }
local d = data.new(1000)
d:setstring(0, ("y"):rep(1000))
EOF

declare -A first
made=0
unclean=0
for script in small classes; do
	for kilobytes in $(seq 4 4 64) $(seq 80 16 256); do
		run lunatik run test/$script --maxalloc ${kilobytes}K
		case $status in
		0)
			made=$((made + 1))
			first[$script]=${first[$script]:-$kilobytes}
			lunatik stop test/$script || unclean=$((unclean + 1))
			;;
		7) [[ $err =~ ^lunatik:\ (.*memory|ENOMEM) ]] || { unclean=$((unclean + 1)); echo "# $script, ${kilobytes}K: $err"; } ;;
		*) unclean=$((unclean + 1)); echo "# $script, ${kilobytes}K: status $status: $err" ;;
		esac
	done
	gives "$script: the largest of these caps is enough" 0 '' '' lunatik run test/$script --maxalloc 256K
	lunatik stop test/$script
done
echo "# the first that is enough: ${first[*]} KiB"
is "every cap works or is too small, and says so" $unclean 0
ok "some work" test $made -gt 10
is "nothing of them is left" "$(lunatik -q list)" ''
ok "nor a device" test ! -e /dev/t_capped

# A hit cap is the runtime's alone: it works on, and so does everyone else.
install_script recovers <<'EOF'
local function fill() local t = {} while true do t[#t + 1] = ("x"):rep(1000) .. #t end end
for i = 1, 20 do
	local success, message = pcall(fill)
	assert(not success and tostring(message):find("not enough memory"), message)
end
print("recovered", collectgarbage("count") < 1 << 20)
EOF
gives "a bystander" 0 '' '' lunatik run -e 'x = ("y"):rep(1 << 20)' --name bystander
gives "a script that hits its cap 20 times" 0 '^recovered	true$' '' lunatik run test/recovers --maxalloc 1M
gives "the bystander has what it had" 0 'bystander +process +ready +1\.?[0-9]*M/64M' '' lunatik list
lunatik stop bystander
lunatik stop test/recovers

# What a task gives back is copied for whoever resumes it: one string many times is many.
install_script gives_back <<'EOF'
return function(n) local s, t = ("x"):rep(1 << 20), {} for i = 1, n do t[i] = s end return table.unpack(t) end
EOF
resumes="local made, count = require('lunatik').runtime('test/gives_back'), tonumber((...))
	print(pcall(function() return select('#', made:resume(count)) end))"
gives "10 results of a MiB each" 0 '^true	10$' '' lunatik run --name gets --maxalloc 400M -e "$resumes" -- 10
lunatik stop gets
gives "100 of them are over the cap of who gives them" 0 '^false	.*ENOMEM' '' lunatik run --name gets --maxalloc 400M -e "$resumes" -- 100
lunatik stop gets

# Garbage of who gives them is no reason to refuse: 30 MiB beside 40 MiB of it, where 64 MiB is the cap.
install_script gives_back <<'EOF'
return function(n)
	collectgarbage("stop")
	for i = 1, 5 do local garbage = ("x"):rep(8 << 20) end
	local s, t = ("x"):rep(1 << 20), {}
	for i = 1, n do t[i] = s end
	collectgarbage("restart")
	return table.unpack(t)
end
EOF
gives "30 of them from one with garbage" 0 '^true	30$' '' lunatik run --name gets --maxalloc 400M -e "$resumes" -- 30
lunatik stop gets

# A device whose callbacks hit the cap: an error for the reader, and the next read works.
install_script greedy <<'EOF'
local keep
require("device").new { name = "t_greedy", read = function(self, length, offset)
	if offset > 0 then return end
	self.n = (self.n or 0) + 1
	if self.n % 2 == 1 then keep = ("x"):rep(100 << 20) end
	return "fine\n"
end }
EOF
gives "a driver with a cap" 0 '' '' lunatik run test/greedy --maxalloc 1M
gives "a read that wants too much" 1 '' 'Cannot allocate memory|Operation canceled' cat /dev/t_greedy
gives "the next one works" 0 '^fine$' '' cat /dev/t_greedy
gives "errors are counted" 0 'test/greedy +process +ready +[^ ]+ +[0-9]+ +1 ' '' lunatik list
lunatik stop test/greedy

# Large reads and writes are charged to the runtime too, or refused; the machine keeps its memory.
install_script big <<'EOF'
require("device").new { name = "t_big", mode = 438, read = function(_, length) return ("x"):rep(length) end,
	write = function(_, s) return #s end }
EOF
lunatik run test/big --maxalloc 1M
gives "a read that fits" 0 '^100000$' '' bash -c 'dd if=/dev/t_big bs=100000 count=1 status=none | wc -c'
run dd if=/dev/t_big bs=64M count=1 of=/dev/null
ok "a read of 64 MiB is refused" test $status = 1
run bash -c 'head -c 3000000 /dev/zero | dd of=/dev/t_big bs=3000000 iflag=fullblock'
ok "a write of 3 MB is refused, or taken in parts" test $status -le 1
gives "the driver works on" 0 '^5$' '' bash -c 'dd if=/dev/t_big bs=5 count=1 status=none | wc -c'
lunatik stop test/big
finish
