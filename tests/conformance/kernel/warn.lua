-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- warn() does not disturb the output.
warn("@on") warn("shown in the log: ", "one record") warn("@off") warn("not shown") warn("@on") warn(("x"):rep(1000)) warn("@unknown") warn("nul\0inside") warn("@off")
setmetatable({}, { __gc = function() error("in a finalizer") end }) collectgarbage()
print(pcall(warn)) print(pcall(warn, {})) print("done")
