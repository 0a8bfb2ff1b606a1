-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The library linux.

local ktap = require("test.ktap")
local linux = require("linux")

local is, ok, raises = ktap.is, ktap.ok, ktap.raises
local min, max = math.mininteger, math.maxinteger

-- random

local function all_within(draws, low, high, ...)
	for _ = 1, draws do
		local n = linux.random(...)
		if n < low or n > high then return false end
	end
	return true
end

is("random of one value", linux.random(5, 5), 5)
is("random(1)", linux.random(1), 1)
is("random of the smallest value", linux.random(min, min), min)
is("random of the largest value", linux.random(max, max), max)
ok("random(n) stays within 1 and n", all_within(2000, 1, 7, 7))
ok("random(m, n) stays within m and n", all_within(2000, 32, 126, 32, 126))
ok("random of negative numbers", all_within(2000, -9, -3, -9, -3))
ok("random across zero", all_within(2000, -1, 1, -1, 1))
ok("random at the upper end", all_within(500, max - 2, max, max - 2, max))
ok("random at the lower end", all_within(500, min, min + 2, min, min + 2))
ok("random of all but one value", all_within(500, min, max - 1, min, max - 1))
ok("random takes numbers in strings", all_within(100, 3, 4, "3", "0x4"))
ok("random(n, nil) is random(n)", all_within(200, 1, 7, 7, nil))
ok("random() takes nil for no argument", all_within(1, min, max, nil))
ok("random ignores further arguments", all_within(10, 1, 2, 1, 2, "three"))

-- Every bit of the full range is seen both ways; a stuck one passes by chance once in 2^256.
local function bits_move(...)
	local ones, zeros = 0, 0
	for _ = 1, 256 do
		local n = linux.random(...)
		ones, zeros = ones | n, zeros | ~n
	end
	return ones == -1 and zeros == -1
end
ok("random() has all bits", bits_move())
ok("random(0) has all bits, as in math.random", bits_move(0))
ok("random(mininteger, maxinteger) has all bits", bits_move(min, max))

-- Chi-squared with 94 degrees of freedom: above 175 once in a million.
local count = {}
for n = 32, 126 do count[n] = 0 end
local draws = 95 * 200
for _ = 1, draws do
	local n = linux.random(32, 126)
	count[n] = count[n] + 1
end
local square = 0
for n = 32, 126 do square = square + (count[n] - 200) * (count[n] - 200) end
ok("random(32, 126) is uniform", square // 200 < 175, "chi-squared " .. square // 200)

-- A remainder would favour the lower third of this range, two to one.
local low = 0
for _ = 1, 3000 do
	if linux.random(0, 3 << 61) < 1 << 61 then low = low + 1 end
end
ok("random of three quarters of the range is uniform", low > 850 and low < 1150, low .. " of 3000")

for _, case in ipairs { { 2, 1 }, { 1, 0 }, { 0, -1 }, { max, min }, { max, max - 1 }, { min + 1, min } } do
	raises(("random(%d, %d) is empty"):format(case[1], case[2]), { "bad argument #2", "interval is empty" },
		linux.random, case[1], case[2])
end
raises("random(-1) is empty", { "bad argument #1", "interval is empty" }, linux.random, -1)
raises("random(mininteger) is empty", { "bad argument #1", "interval is empty" }, linux.random, min)
ktap.wrong_types("random(m)", "number nil", "number", 1, linux.random)
ktap.wrong_types("random(m, n)", "number nil", "number", 2, linux.random, 1)
raises("random of a fraction", { "bad argument #1", "number expected, got string" }, linux.random, "1.5")

-- time

local before = linux.time()
local after = linux.time()
ok("time goes on", after >= before)
ok("time is in nanoseconds since 1970", before > 1500000000 * 1000000000, before)
ok("time ignores arguments", linux.time("x", {}) >= after)
is("difftime", linux.difftime(7, 9), -2)
is("difftime of the same time", linux.difftime(max, max), 0)
is("difftime wraps around", linux.difftime(max, -1), min)
is("difftime takes numbers in strings", linux.difftime("9", "7"), 2)
ktap.wrong_types("difftime", "number", "number", 1, linux.difftime, 1, 2)
ktap.wrong_types("difftime", "number", "number", 2, linux.difftime, 1, 2)
raises("difftime of one time", { "bad argument #2", "number expected, got no value" }, linux.difftime, 1)

-- schedule: it waits as long as it says, and not much longer; ending it early needs another terminal.

for _, state in ipairs { "INTERRUPTIBLE", "UNINTERRUPTIBLE", "KILLABLE", "IDLE" } do
	local start = linux.time()
	local left = linux.schedule(60, linux.task[state])
	local took = (linux.time() - start) // 1000000
	is("schedule in state " .. state .. " has nothing left", left, 0)
	ok("schedule in state " .. state .. " waits", took >= 60, took .. " ms")
	ok("schedule in state " .. state .. " ends", took < 1500, took .. " ms")
end
-- Where the CPU that counts the ticks is held up, they are behind the clock: linux.sh keeps both busy.
local short = 0
for i = 1, 100 do
	local start = linux.time()
	linux.schedule(i % 8 + 1)
	if linux.time() - start < (i % 8 + 1) * 1000000 then short = short + 1 end
end
is("no sleep is short", short, 0)
is("schedule(0) returns at once", linux.schedule(0), 0)
is("schedule in state RUNNING ends", linux.schedule(10, linux.task.RUNNING) <= 10, true)
raises("schedule of negative time", { "bad argument #1", "cannot be negative" }, linux.schedule, -1)
raises("schedule of the most negative time", { "bad argument #1", "cannot be negative" }, linux.schedule, min)
for _, state in ipairs { -1, 3, 0xffff, max, min, linux.task.INTERRUPTIBLE | 1 << 32 } do
	raises(("schedule in state %d"):format(state), { "bad argument #2", "linux.task" }, linux.schedule, 1, state)
end
ktap.wrong_types("schedule", "number nil", "number", 1, linux.schedule)
ktap.wrong_types("schedule", "number nil", "number", 2, linux.schedule, 1)

-- byte order

for _, bits in ipairs { 16, 32, 64 } do
	local format = bits == 64 and "j" or "I" .. bits // 8
	-- What other code of Lua's own makes of the same bytes.
	local function reread(order, n)
		local packed = string.pack("=" .. format, bits == 64 and n or n & (1 << bits) - 1)
		return (string.unpack(order .. format, packed))
	end
	for _, n in ipairs { 0, 1, 0x1234, 0x12345678, 0x123456789abcdef0, -1, -2, min, max, 0xff << (bits - 8) } do
		local big, little, same = reread(">", n), reread("<", n), reread("=", n)
		for _, name in ipairs { "hton" .. bits, "ntoh" .. bits, "htobe" .. bits, "be" .. bits .. "toh" } do
			is(("%s(%#x)"):format(name, n), linux[name](n), big)
		end
		for _, name in ipairs { "htole" .. bits, "le" .. bits .. "toh" } do
			is(("%s(%#x)"):format(name, n), linux[name](n), little)
		end
		is(("ntoh%d(hton%d(%#x))"):format(bits, bits, n), linux["ntoh" .. bits](linux["hton" .. bits](n)), same)
	end
	for _, name in ipairs { "hton" .. bits, "ntoh" .. bits, "htobe" .. bits, "be" .. bits .. "toh", "htole" .. bits,
		"le" .. bits .. "toh" } do
		ktap.wrong_types(name, "number", "number", 1, linux[name], 1)
		raises(name .. "()", { "bad argument #1", "number expected, got no value" }, linux[name])
	end
end
is("hton16 on a little-endian machine", linux.hton16(0x1234), string.pack("=I2", 1):byte() == 1 and 0x3412 or 0x1234)

-- constants: values that no kernel for any machine changes

local wanted = {
	stat = { IRWXUGO = 511, IRUGO = 292, IWUGO = 146, IXUGO = 73 },
	task = { RUNNING = 0, INTERRUPTIBLE = 1, UNINTERRUPTIBLE = 2, KILLABLE = 0x102, IDLE = 0x402 },
	errno = {
		PERM = 1, NOENT = 2, SRCH = 3, INTR = 4, IO = 5, NXIO = 6, ["2BIG"] = 7, NOEXEC = 8, BADF = 9, CHILD = 10, AGAIN = 11,
		NOMEM = 12, ACCES = 13, FAULT = 14, NOTBLK = 15, BUSY = 16, EXIST = 17, XDEV = 18, NODEV = 19, NOTDIR = 20, ISDIR = 21,
		INVAL = 22, NFILE = 23, MFILE = 24, NOTTY = 25, TXTBSY = 26, FBIG = 27, NOSPC = 28, SPIPE = 29, ROFS = 30, MLINK = 31,
		PIPE = 32, DOM = 33, RANGE = 34,
	},
}
for set, values in pairs(wanted) do
	for name, value in pairs(values) do is(("%s.%s"):format(set, name), linux[set][name], value) end
end
is("a constant there is none of", linux.errno.NOSUCH, nil)
is("require gives the same table again", require("linux"), linux)
is("require leaves no global behind", rawget(_G, "linux"), nil)

ktap.finish()
