# SPDX-License-Identifier: MIT OR GPL-2.0-only
#
# Lua for the top Kbuild, which includes this file and links $(lua-objs) into lunatik.o. Lua's own files are expected
# in lua/src (lua/fetch puts them there, with our patches applied).
#
# lua-api-cflags and lua-api-cxxflags are for files that include lua/api.h.

include $(src)/lua/objects.mk

lua-names := $(addprefix src/,$(lua-core)) $(lua-ours)
lua-objs := $(patsubst %,lua/%.o,$(lua-names) setjmp exports)

# x86-64 has a setjmp of ours, see setjmp.S; what others use comes from klibc, before anything is compiled.
ifneq ($(SRCARCH),x86)
lua-klibc-arch-riscv := riscv64
lua-klibc := $(shell $(src)/lua/fetch-klibc $(or $(lua-klibc-arch-$(SRCARCH)),$(SRCARCH)) $(obj)/lua/klibc-setjmp.S >&2 || echo failed)
$(if $(lua-klibc),$(error no setjmp for $(SRCARCH)))
AFLAGS_lua/setjmp.o := -I$(obj)/lua
endif

# Lua says where it falls through in comments, which the kernel's own level of this warning does not read.
lua-cflags := -I$(src)/lua/shim -I$(src)/lua -I$(src)/lua/src -include $(src)/lua/overlay.h -Wimplicit-fallthrough=3
$(foreach name,$(lua-names), \
	$(eval CFLAGS_lua/$(name).o := $(lua-cflags) -DLUNATIK_TU_$(notdir $(name)) $(lua-cflags-$(notdir $(name)))))

# Lua ends its structures with an array of one and allocates more of it: what UBSAN's bounds would report at once.
# Kernels differ in whether the file is named with its directory.
$(foreach name,$(lua-names),$(eval UBSAN_SANITIZE_lua/$(name).o := n)$(eval UBSAN_SANITIZE_$(notdir $(name)).o := n))

# objtool follows an indirect jump only if its table lies in a section whose name changed between kernels.
lua-jump-table := $(shell sed -n 's/^.define __annotate_jump_table __section("\(.*\)").*/\1/p' \
	$(srctree)/include/linux/compiler.h)
ifneq ($(lua-jump-table),)
CFLAGS_lua/goto.o += -DLUNATIK_JUMP_TABLE_SECTION=\"$(lua-jump-table)\"
endif

# An error leaves functions without returning from them, so nothing may have put a way of its own in place of their return: ftrace, for its
# graph of functions or for eBPF programs at their ends, finds none of these.
$(foreach name,$(lua-names),$(eval CFLAGS_REMOVE_lua/$(name).o := $(CC_FLAGS_FTRACE)))

lua-api-cflags := -I$(src)/lua -I$(src)/lua/src -I$(src)/lua/shim
lua-api-cxxflags := -I$(src)/lua -I$(src)/lua/src
CFLAGS_lua/exports.o := $(lua-api-cflags)
