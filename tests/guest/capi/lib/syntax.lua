-- SPDX-License-Identifier: MIT OR GPL-2.0-only
this is no Lua
