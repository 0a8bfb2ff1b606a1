-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- goto and labels.
local i = 1
::top::
if i <= 3 then print("top", i) i = i + 1 goto top end
for a = 1, 3 do
	for b = 1, 3 do
		if b == 2 then goto continue end
		if a == 3 then goto out end
		print(a, b)
		::continue::
	end
end
::out::
do goto inner; local x; ::inner:: end
local fs = {}
do
	local k = 0
	::again::
	local y = k
	fs[#fs + 1] = function() y = y + 1 return y end
	k = k + 10
	if k < 30 then goto again end
end
for _, f in ipairs(fs) do print(f(), f()) end
print(load("goto nowhere"))
print(load("do ::l:: end goto l"))
print(load("::a:: ::a::"))
print(load("goto l; local x; ::l:: print(x)"))
print(load("break"))
print(load("repeat if x then goto c end local z ::c:: until z"))
while true do if i > 0 then break end end
print("end")
