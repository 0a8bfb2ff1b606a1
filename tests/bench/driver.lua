-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- Times each benchmark named in its arguments, in the kernel or in user space: a line "name nanoseconds result" each. The
-- first argument is the directory they are in.
local inside = not os
local linux = inside and require("linux")
local function now()
	return inside and linux.time() or os.clock() * 1000000000 // 1 | 0
end

local arguments = { ... }
local directory = table.remove(arguments, 1)
for _, name in ipairs(arguments) do
	local run = assert(loadfile(directory .. "/" .. name .. ".lua"))()
	run()
	collectgarbage()
	local begin = now()
	local result = run()
	result = run()
	print(name, now() - begin, result)
end
