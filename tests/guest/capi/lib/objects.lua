-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Three objects that fit a runtime of any context, one of them garbage at once.

local capi = require("capi")
ready = capi.ready()

function use()
	kept = { capi.hard(1), capi.hard(2) }
	return kept[1]:get() + kept[2]:get() + (capi.hard() and 0)
end
