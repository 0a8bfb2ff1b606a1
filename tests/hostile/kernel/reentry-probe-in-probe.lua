-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: hardirq
-- expect: error: may sleep
-- A handler that makes a probe.
-- hook
require("probe").new("__x64_sys_getpriority", { pre = print })
