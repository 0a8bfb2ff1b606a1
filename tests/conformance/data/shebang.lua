#!/usr/bin/env lunatik
-- SPDX-License-Identifier: MIT OR GPL-2.0-only
return "shebang", debug.getinfo(1, "l").currentline
