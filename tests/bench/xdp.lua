-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- What an eBPF program asks: every packet passes.
local xdp = require("xdp")
local PASS = xdp.action.PASS

xdp.attach(function(packet, argument) return PASS end)
