-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What cxx.cpp calls.

local capicxx = require("capicxx")

function twice(n) return n * 2 end
function fail(n) error("on purpose " .. n) end
inner_fails = fail
a_number = 5

function describe(a, b, c, d)
	return ("%s %s %s %d"):format(type(a), type(b), type(c), d and #d or 0), 42, true, {}
end

-- How many of these hold: 6.
function pairs_test()
	local good = 0
	local function test(passed) good = good + (passed and 1 or 0) end
	local p = capicxx.new { first = 1, second = 2 }
	test(p:sum() == 3)
	test(capicxx.new { first = 1 }:sum() == 11)
	test(not pcall(capicxx.new, {}))
	local negative = capicxx.new { first = -1 }
	test(negative:first() == -1 and not pcall(negative.sum, negative))
	p:close()
	test(select(2, pcall(p.sum, p)) == "EBADF")
	test(not pcall(p.sum) and not pcall(p.sum, require("data").new(16)))
	return good
end
