-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- Counts the calls of a function of the kernel.
local probe = require("probe")
local count = 0
probe.new(..., { pre = function() count = count + 1 end })
