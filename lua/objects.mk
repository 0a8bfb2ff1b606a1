# SPDX-License-Identifier: MIT OR GPL-2.0-only
#
# Which files Lua consists of here, and the flags that belong to single ones: for kbuild.mk and for the builds of
# tests/conformance.

lua-core := lapi lcode lctype ldebug ldo lfunc lgc llex lmem lobject lopcodes lparser lstate lstring ltable \
	ltm lvm lzio lauxlib lbaselib lcorolib ldblib lstrlib ltablib lutf8lib
lua-ours := callback globals goto linit lmathlib loadlib lundump printf protect support

# The switch becomes a tree of comparisons and not a table of jumps: a jump through a table is a retpoline.
lua-cflags-lvm := -fno-jump-tables -DLUA_USE_JUMPTABLE=0

# One indirect jump per instruction, each predicted by itself: by default gcc merges them into one again.
lua-cflags-goto := -fno-gcse -fno-crossjumping

# Code for floats asks whether a number differs from itself.
lua-cflags-lstrlib := -Wno-tautological-compare
