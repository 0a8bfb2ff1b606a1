-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A finalizer requires a module while another call of require finds that its argument is no name.
local within = 0
local function again()
	setmetatable({}, { __gc = function()
		for level = 2, 4 do
			local info = debug.getinfo(level, "f")
			if info and info.func == require then within = within + 1 end
		end
		pcall(require, "test.nosuch")
		again()
	end })
end
for _ = 1, 20 do again() end
collectgarbage("incremental", 10, 1000)
for _ = 1, 3000 do
	-- What is nil here has left a number behind, which is no address.
	local none = 4
	none = nil
	pcall(require, none)
end
print(within > 0, select(2, pcall(require)))
