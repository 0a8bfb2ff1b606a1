-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: softirq hardirq
-- expect: ok
-- A hook that ends itself from inside.
-- hook
hook:stop()
hook:stop()
