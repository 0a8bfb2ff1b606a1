-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Objects made first that get their finalizers last: each is looked for among all.
local mt = { __gc = function() end }
local old, young = {}, {}
for i = 1, 5000 do old[i] = {} end
for i = 1, 50000 do young[i] = {} end
while true do
	for i = 1, #old do setmetatable(old[i], mt) end
	for i = 1, #old do old[i] = {} end
end
