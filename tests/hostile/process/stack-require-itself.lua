-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: requires itself
-- A module that requires itself.
package.preload.m = function() return require("m") end
require("m")
