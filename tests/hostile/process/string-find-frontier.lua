-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A frontier at every position, with a long set.
("a"):rep(1 << 20):find("%f[" .. ("b"):rep(1 << 20) .. "]")
