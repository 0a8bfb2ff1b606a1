# SPDX-License-Identifier: MIT OR GPL-2.0-only
#
# The verbs a person types; `make help` lists them. What a .ko is made of stands in Kbuild, user space in
# CMakeLists.txt, the guest in tests/vm/. Everything that is built goes below build/, everything expensive and
# reusable (kernels) into the cache.

# KERNEL=stock|6.1|debug builds for one of the guest's kernels; KVER= and KDIR= for any other; nothing, for this machine.
ifneq ($(KERNEL),)
KVER := $(shell tests/vm/kernel $(KERNEL) --print release)
KDIR := $(shell tests/vm/kernel $(KERNEL) --print kdir)
else ifneq ($(KDIR),)
KVER ?= $(shell cat $(KDIR)/include/config/kernel.release 2>/dev/null)
else
KVER ?= $(shell uname -r)
KDIR := $(firstword $(wildcard /lib/modules/$(KVER)/build /usr/src/linux-headers-$(KVER)) /lib/modules/$(KVER)/build)
endif

prefix ?= /usr/local
DESTDIR ?=
JOBS ?= $(shell nproc)
CACHE := $(or $(LUNATIK_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/lunatik)

# A stage directory is laid over a guest's root, where /lib is a link to usr/lib: so modules go to the real place.
moddir := $(if $(shell test -L /lib && echo merged),/usr/lib,/lib)/modules
farm := build/modules/$(KVER)
luasrc := build/lua-5.4.7
stage := build/stage/$(KVER)
kbuild = $(MAKE) -C $(KDIR) M=$(CURDIR)/$(farm) $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(JOBS))
scripts := $(sort $(wildcard lib/*.lua lib/*/*.lua lib/*/*/*.lua))
examples := $(sort $(wildcard examples/*.lua examples/*/*.lua examples/*/*/*.lua))

.PHONY: all
all: modules user ## build the kernel modules for KVER and the command line (the default)

.PHONY: modules
modules: ## build the kernel modules for KVER, KDIR or KERNEL
	@test -f $(KDIR)/Makefile || { echo "no kernel headers in $(KDIR): install linux-headers-$(KVER)," \
		"or name others with KVER=, KDIR= or KERNEL=stock" >&2; exit 1; }
	@lua/fetch $(luasrc)
	@mkdir -p $(farm)/lua/src
	@find -L $(farm) -type l -delete
	@cp -rsf $(CURDIR)/Kbuild $(CURDIR)/kernel $(CURDIR)/lua $(CURDIR)/lib $(CURDIR)/include $(farm)/
	@cp -sf $(CURDIR)/$(luasrc)/src/*.[ch] $(farm)/lua/src/
	$(kbuild) modules

.PHONY: user
user: ## build the command line and the host unit tests in build/user
	@cmake -S . -B build/user -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_INSTALL_PREFIX=$(prefix) >build/cmake.log || \
		{ cat build/cmake.log; exit 1; }
	cmake --build build/user -j$(JOBS)

.PHONY: install
install: install-modules install-user ## install modules, Lua scripts and command line (DESTDIR, prefix, KVER)

.PHONY: install-modules
install-modules:
	@test -f $(farm)/modules.order || { echo "nothing is built for $(KVER): run make first" >&2; exit 1; }
	rm -rf $(DESTDIR)$(moddir)/$(KVER)/updates/lunatik
	install -d $(DESTDIR)$(moddir)/$(KVER)/updates/lunatik
	sed 's/\.o$$/.ko/' $(farm)/modules.order | while read -r ko; do case $$ko in /*) ;; *) ko=$(farm)/$$ko ;; esac; \
		install -m 644 -s --strip-program="tests/vm/strip-debug" $$ko $(DESTDIR)$(moddir)/$(KVER)/updates/lunatik/ || exit 1; done
	install -d $(DESTDIR)$(moddir)/lua
	@for script in $(scripts); do install -D -m 644 $$script $(DESTDIR)$(moddir)/lua/$${script#lib/} || exit 1; done
	@for script in $(examples); do install -D -m 644 $$script $(DESTDIR)$(moddir)/lua/$$script || exit 1; done
	@# The README's first driver is run by its bare name.
	@test ! -f examples/passwd.lua || install -m 644 examples/passwd.lua $(DESTDIR)$(moddir)/lua/passwd.lua
	$(if $(DESTDIR),,depmod $(KVER))

.PHONY: install-user
install-user:
	@test -f build/user/cmake_install.cmake || { echo "the command line is not built: run make first" >&2; exit 1; }
	DESTDIR=$(if $(DESTDIR),$(abspath $(DESTDIR))) cmake --install build/user --prefix $(prefix)

.PHONY: stage
stage: modules $(if $(wildcard CMakeLists.txt),user)
	@mkdir -p $(stage)
	@$(MAKE) --no-print-directory install-modules $(if $(wildcard CMakeLists.txt),install-user) KVER=$(KVER) KDIR=$(KDIR) KERNEL= DESTDIR=$(stage) >build/stage.log || \
		{ cat build/stage.log; exit 1; }

