-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Every length of the capture is compared with what follows.
("a"):rep(1 << 20):find("(.*)%1%1b")
