-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- What scripts for lunatik-ng find as globals: buffer, crypto, printk, gc_count. `require("ng")` is the one line they take here.

-- luacheck: globals buffer crypto printk gc_count

local levels = { [0] = "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug" }

-- printk(text, ...): a line in the kernel's log. A level in front ("<3>text" or KERN_SOH) is taken off: all lines are of one level.
function printk(...)
	local words = table.pack(...)
	for i = 1, words.n do
		words[i] = tostring(words[i])
	end
	local text = table.concat(words, "\t")
	local level, rest = text:match("^<([0-7])>(.*)$")
	if not level then
		level, rest = text:match("^\1([0-7])(.*)$")
	end
	level = level and levels[math.tointeger(level)]
	text = (rest or text):gsub("\n$", "")
	print(level and level ~= "info" and level .. ": " .. text or text)
end

-- gc_count() -> bytes that the script's values hold.
function gc_count()
	return collectgarbage("count")
end

buffer = require("buffer")
crypto = require("crypto")

return { buffer = buffer, crypto = crypto, printk = printk, gc_count = gc_count }
