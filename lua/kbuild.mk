# SPDX-License-Identifier: MIT OR GPL-2.0-only
#
# Lua for the top Kbuild, which includes this file and links $(lua-objs) into lunatik.o. Lua's own files are expected
# in lua/src (lua/fetch puts them there, with our patches applied).
#
# lua-api-cflags and lua-api-cxxflags are for files that include lua/api.h.

lua-core := lapi lcode lctype ldebug ldo lfunc lgc llex lmem lobject lopcodes lparser lstate lstring ltable ltm lvm lzio \
	lauxlib lbaselib lcorolib ldblib lstrlib ltablib lutf8lib
lua-ours := goto linit lmathlib loadlib lundump printf support

lua-objs := $(patsubst %,lua/src/%.o,$(lua-core)) $(patsubst %,lua/%.o,$(lua-ours)) lua/setjmp.o lua/exports.o

# Lua says where it falls through in comments, which the kernel's own level of this warning does not read.
lua-cflags := -I$(src)/lua/shim -I$(src)/lua -I$(src)/lua/src -include $(src)/lua/overlay.h -Wimplicit-fallthrough=3
lua-flags = $(lua-cflags) -DLUNATIK_TU_$(basename $(notdir $(1)))
$(foreach o,$(patsubst %,lua/src/%.o,$(lua-core)) $(patsubst %,lua/%.o,$(lua-ours)), \
	$(eval CFLAGS_$(o) += $(call lua-flags,$(o))))

lua-api-cflags := -I$(src)/lua -I$(src)/lua/src -I$(src)/lua/shim
lua-api-cxxflags := -I$(src)/lua -I$(src)/lua/src
CFLAGS_lua/exports.o += $(lua-api-cflags)

# The switch becomes a tree of comparisons and not a table of jumps: a jump through a table is a retpoline.
CFLAGS_lua/src/lvm.o += -fno-jump-tables -DLUA_USE_JUMPTABLE=0

# One indirect jump per instruction, each predicted by itself: by default gcc merges them into one again.
CFLAGS_lua/goto.o += -fno-gcse -fno-crossjumping

# objtool follows an indirect jump only if its table lies in a section whose name changed between kernels.
lua-jump-table := $(shell sed -n 's/^.define __annotate_jump_table __section("\(.*\)").*/\1/p' \
	$(srctree)/include/linux/compiler.h)
ifneq ($(lua-jump-table),)
CFLAGS_lua/goto.o += -DLUNATIK_JUMP_TABLE_SECTION=\"$(lua-jump-table)\"
endif

# Code for floats asks whether a number differs from itself.
CFLAGS_lua/src/lstrlib.o += -Wno-tautological-compare
