-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: EBADF
-- Used after it was closed.
local completion = require("completion").new()
do local closing <close> = completion end
-- hook
completion:complete()
