-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Calls of methods through a metatable.
local Account = {}
Account.__index = Account
function Account:deposit(n) self.balance = self.balance + n end
function Account:get() return self.balance end
return function()
	local account = setmetatable({ balance = 0 }, Account)
	for i = 1, 40000 do account:deposit(i) end
	return account:get()
end
