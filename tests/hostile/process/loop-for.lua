-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Numeric for: no jump instruction, a loop instruction.
for i = 1, 1 << 62 do end
