-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: softirq
-- expect: error: cannot leave its runtime
-- A packet for everybody.
local shared = require("lunatik")._ENV
-- hook
shared.hostile = ...
