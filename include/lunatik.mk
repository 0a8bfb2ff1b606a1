# SPDX-License-Identifier: MIT OR GPL-2.0-only
#
# For the Kbuild of another module that runs scripts or brings classes: include paths, the rule that compiles C++, and the
# symbols that lunatik.ko exports. Its Kbuild is then
#
#	obj-m := mymodule.o
#	LUNATIK ?= /usr/local/src/lunatik
#	include $(LUNATIK)/include/lunatik.mk
#
# where LUNATIK is the absolute name of what `make install` put there, or of a source tree that is built for the same
# kernel. Files are kernel C (*.c: lunatik.h) or C++ (*.cpp: lunatik.hpp).
#
# The Kbuild of Lunatik itself includes this file for its C++ rule; it has set lunatik-raising by then.

lunatik-root := $(patsubst %/include/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))

# ---- where other modules find what they need
ifndef lunatik-raising
# A source tree is built in one directory for each kernel, which has everything.
lunatik-root := $(firstword $(wildcard $(lunatik-root)/build/modules/$(KERNELRELEASE)) $(lunatik-root))
lunatik-symbols := $(firstword $(wildcard $(lunatik-root)/Module.symvers $(lunatik-root)/symbols/$(KERNELRELEASE)))
ifeq ($(lunatik-symbols)$(filter %/Makefile.clean,$(MAKEFILE_LIST)),)
$(error Lunatik is not built for $(KERNELRELEASE) in $(lunatik-root): run make install there for this kernel, or set LUNATIK)
endif
KBUILD_EXTRA_SYMBOLS += $(lunatik-symbols)
lunatik-c-only := -I$(lunatik-root)/lua/shim
# An error leaves what a script has called without returning from it: ftrace must not have put a way of its own there.
ccflags-remove-y += $(CC_FLAGS_FTRACE)
ccflags-y += -I$(lunatik-root)/include -I$(lunatik-root)/kernel -I$(lunatik-root)/lua -I$(lunatik-root)/lua/src $(lunatik-c-only)
endif

# ---- C++: the kernel's own flags, minus what only C knows, and minus debug information: pahole cannot read C++'s, and fails
# the build where modules carry BTF.
LUNATIK_CXX ?= $(patsubst %gcc,%g++,$(patsubst %gcc-12,%g++-12,$(CC)))
cxx-not := -nostdinc -std=gnu% -Wdeclaration-after-statement -Wno-pointer-sign \
	-Werror=implicit-function-declaration -Werror=implicit-int -Werror=strict-prototypes -Wstrict-prototypes \
	-Werror=incompatible-pointer-types -Werror=designated-init -Wno-designated-init -Wmissing-prototypes \
	-Wold-style-definition -Wno-override-init -Wno-initializer-overrides -Wmissing-declarations \
	-Wenum-conversion -Wint-conversion -Wno-format-overflow-non-kprintf -Wno-format-truncation-non-kprintf \
	$(lunatik-c-only)
cxx-flags = $(filter-out $(cxx-not),$(_c_flags)) $(modkern_cflags) $(basename_flags) $(modname_flags)
LUNATIK_CXXFLAGS := -std=gnu++20 -ffreestanding -fno-exceptions -fno-rtti -fno-threadsafe-statics -fno-use-cxa-atexit \
	-fno-gnu-unique -fvisibility-inlines-hidden -g0 -Wextra -Wno-unused-parameter -Wno-missing-field-initializers

quiet_cmd_cxx_o_cpp = CXX $(quiet_modtag)  $@
      cmd_cxx_o_cpp = $(LUNATIK_CXX) -Wp,-MMD,$(depfile) $(cxx-flags) $(LUNATIK_CXXFLAGS) -c -o $@ $< $(cmd_objtool)
quiet_cmd_check_object =
      cmd_check_object = NM="$(NM)" READELF="$(READELF)" sh $(lunatik-root)/kernel/check-object $@ $(or $(lunatik-raising),/dev/null)
define rule_cxx_o_cpp
	$(call cmd_and_fixdep,cxx_o_cpp)
	$(call cmd,check_object)
	$(call cmd,gen_objtooldep)
endef
$(obj)/%.o: $(src)/%.cpp FORCE
	$(call if_changed_rule,cxx_o_cpp)
