# SPDX-License-Identifier: MIT OR GPL-2.0-only
#
# The verbs a person types; `make help` lists them. What a .ko is made of stands in Kbuild, user space in
# CMakeLists.txt, the guest in tests/vm/. Everything that is built goes below build/, everything expensive and
# reusable (kernels, tarballs) into the cache.

VERSION := $(shell sed -n 's/^lunatik-version := //p' Kbuild)

# What is built for: KERNEL=, one of the guest's kernels; or KVER= and KDIR=; or this machine. The verbs that start a
# guest install what getting a kernel takes first, and name one to a make of their own.
ifneq ($(filter deb tarball demo vm-shell check debug-kernel soak fuzz bench deps lint format clean distclean help,$(MAKECMDGOALS)),)
else ifneq ($(KERNEL),)
KVER := $(shell tests/vm/kernel $(KERNEL) --print release)
KDIR := $(shell tests/vm/kernel $(KERNEL) --print kdir)
$(if $(KDIR),,$(error there is no kernel '$(KERNEL)'))
else ifneq ($(KDIR),)
KVER ?= $(shell cat $(KDIR)/include/config/kernel.release 2>/dev/null)
else
KVER ?= $(shell uname -r)
KDIR := $(firstword $(wildcard /lib/modules/$(KVER)/build /usr/src/linux-headers-$(KVER)) /lib/modules/$(KVER)/build)
endif

prefix ?= /usr/local
DESTDIR ?=
JOBS ?= $(shell nproc)
SOAK_SECONDS ?= 7200
CACHE := $(or $(LUNATIK_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/lunatik)

# A stage directory is laid over a guest's root, where /lib is a link to usr/lib: so modules go to the real place.
moddir := $(if $(shell test -L /lib && echo merged),/usr/lib,/lib)/modules
farm := build/modules/$(KVER)
stage := build/stage/$(KVER)
luasrc := build/lua-5.4.7
# kbuild's own list of what it has built; its names begin with the farm or are relative to it.
built = $$(sed 's,\.o$$,.ko,; s,^[^/],$(farm)/&,' $(farm)/modules.order)
jobs = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(JOBS))
scripts = $(sort $(shell cd lib && find . -name '*.lua' -printf '%P\n'))
pages = $(sort $(wildcard docs/*.md docs/*.svg docs/api/*.md docs/reference/*.md docs/schema/*.json))
# Suites that need nothing but the modules, for `lunatik test`.
suites := data environment linux
examples = $(sort $(shell find examples -name '*.lua' ! -name 'libxt_*' 2>/dev/null))
# Extensions of iptables: what the command runs, and where it looks for object files.
XT ?= $(sort $(wildcard examples/xt/libxt_*.lua))
xtlibdir ?= $(or $(shell pkg-config --variable=xtlibdir xtables 2>/dev/null),/usr/lib/xtables)

.PHONY: all modules user unit install install-modules install-scripts install-user install-xt install-docs uninstall stage deps demo \
	deb check debug-kernel soak fuzz bench vm-shell lint format clean distclean help

all: modules user ## build the kernel modules and the command line (the default)

# One tree serves several kernels: each has a farm of links to the sources, so that no object lands beside a source.
modules: ## build the kernel modules, for KVER, KDIR or KERNEL
	@test -f "$(KDIR)/Makefile" || { echo "no kernel headers in '$(KDIR)': install linux-headers-$(KVER)," \
		"or choose others with KVER=, KDIR= or KERNEL=stock" >&2; exit 1; }
	@lua/fetch $(CURDIR)/$(luasrc)
	@mkdir -p $(farm)/lua/src
	+@flock $(farm).lock $(MAKE) --no-print-directory modules-locked KVER=$(KVER) KDIR=$(KDIR) KERNEL= $(jobs)

.PHONY: modules-locked
modules-locked:
	@find -L $(farm) -type l -delete
	@cp -rsf $(CURDIR)/Kbuild $(CURDIR)/kernel $(CURDIR)/lua $(CURDIR)/lib $(CURDIR)/include $(farm)/
	@cp -sf $(CURDIR)/$(luasrc)/src/*.[ch] $(farm)/lua/src/
	$(MAKE) -C $(KDIR) M=$(CURDIR)/$(farm) modules
	@test -f $(KDIR)/vmlinux || ! grep -qx CONFIG_DEBUG_INFO_BTF_MODULES=y $(KDIR)/include/config/auto.conf || \
		tests/vm/btf $(KVER) $(KDIR) $(built)

# The unit tests take longer to compile than everything else together: who only wants to use Lunatik does without.
user: targets := --target lunatik client client-shared client-example documents extensions
user unit: ## build the command line and its library, in build/user
	@mkdir -p build
	@flock build/user.lock cmake -S . -B build/user -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_INSTALL_PREFIX=$(prefix) \
		-DLUNATIK_VERSION=$(VERSION) $(LUNATIK_CMAKE) >build/cmake.log 2>&1 || { cat build/cmake.log >&2; exit 1; }
	flock build/user.lock cmake --build build/user $(targets) $(or $(jobs),-j$(JOBS))

install: install-modules install-scripts install-user install-xt install-docs install-editor install-devel ## install all that is built, scripts and pages (KVER, DESTDIR, prefix)

install-modules:
	@test -f $(farm)/modules.order || { echo "nothing is built for $(KVER): run make first" >&2; exit 1; }
	@mkdir -p $(farm)/stripped $(DESTDIR)$(moddir)/$(KVER)/updates/lunatik
	@rm -f $(farm)/stripped/*.ko
	@for ko in $(built); do name=$${ko##*/}; \
		strip --strip-debug -o $(farm)/stripped/$$name $$ko && \
		echo "install $(DESTDIR)$(moddir)/$(KVER)/updates/lunatik/$$name" && \
		install -m 644 $(farm)/stripped/$$name $(DESTDIR)$(moddir)/$(KVER)/updates/lunatik/ || exit 1; done
	@for ko in $(DESTDIR)$(moddir)/$(KVER)/updates/lunatik/*.ko; do \
		test -e $(farm)/stripped/$${ko##*/} || rm -f $$ko; done
	$(if $(DESTDIR),,depmod $(KVER))

install-scripts:
	@echo "install $(DESTDIR)$(moddir)/lua"
	@for script in $(scripts); do install -D -m 644 lib/$$script $(DESTDIR)$(moddir)/lua/$$script || exit 1; done
	@for script in $(examples); do install -D -m 644 $$script $(DESTDIR)$(moddir)/lua/$$script || exit 1; done
	@for suite in $(suites) ktap; do install -D -m 644 tests/guest/lib/$$suite.lua $(DESTDIR)$(moddir)/lua/test/$$suite.lua || exit 1; done
	@# The driver of the README is run by its bare name.
	@install -m 644 examples/passwd.lua $(DESTDIR)$(moddir)/lua/passwd.lua

# What programs find libraries by, so that they find ours, or no longer. Who may not write that has a prefix of one's own.
ldconfig = $(if $(DESTDIR),,-test ! -w /etc || ldconfig)

install-user:
	@test -f build/user/cmake_install.cmake || { echo "the command line is not built: run make first" >&2; exit 1; }
	DESTDIR=$(if $(DESTDIR),$(abspath $(DESTDIR))) cmake --install build/user --prefix $(prefix)
	$(ldconfig)

# One object file serves all: its name says which Lua file it runs.
install-xt: ## install extensions of iptables, libxt_NAME.lua each, with their libxt_NAME.so (XT, xtlibdir)
	@test -f build/user/luaxt.so || test -n "$(DESTDIR)" || $(MAKE) --no-print-directory user
	@if ! test -f build/user/luaxt.so; then \
		echo "luaxt is not built, so no extensions of iptables: it wants libxtables-dev and liblua5.4-dev" >&2; exit; fi; \
	for script in $(XT); do name=$${script##*/} && name=$${name%.lua} && \
		case $$name in libxt_?*) ;; *) echo "$$script: an extension is called libxt_NAME.lua" >&2; exit 1 ;; esac && \
		echo "install $(DESTDIR)$(xtlibdir)/$$name.so" && \
		install -D -m 644 build/user/luaxt.so $(DESTDIR)$(xtlibdir)/$$name.so && \
		install -D -m 644 $$script $(DESTDIR)$(prefix)/share/lunatik/xt/$$name.lua || exit 1; done

# The pages keep their places relative to each other and to the examples that they link to.
install-docs:
	@echo "install $(DESTDIR)$(prefix)/share/doc/lunatik"
	@mkdir -p $(DESTDIR)$(prefix)/share/doc/lunatik
	@cp --parents --no-preserve=all -t $(DESTDIR)$(prefix)/share/doc/lunatik README.md LICENSE-MIT LICENSE-GPL $(pages) \
		$(sort $(examples) $(wildcard examples/xt/* examples/client/*) $(shell find examples -path 'examples/kmod-*' -type f -o -name '*.bpf.c'))
	@chmod -R u=rwX,go=rX $(DESTDIR)$(prefix)/share/doc/lunatik

# What install puts there is what it puts below an empty directory. Directories go too when they are empty: those of ours,
# and below DESTDIR all that install has made.
uninstall: uninstall-devel ## remove what install puts there (KVER, DESTDIR, prefix)
	rm -rf $(DESTDIR)$(moddir)/$(KVER)/updates/lunatik
	@rmdir $(DESTDIR)$(moddir)/$(KVER)/updates 2>/dev/null || true
	@rm -rf build/uninstall
	@$(MAKE) --no-print-directory install-scripts install-xt install-docs DESTDIR=$(CURDIR)/build/uninstall >/dev/null
	@test ! -f build/user/cmake_install.cmake || \
		DESTDIR=$(CURDIR)/build/uninstall cmake --install build/user --prefix $(prefix) >/dev/null
	@test -f build/user/cmake_install.cmake || echo "the command line is not built: it stays, if it is installed" >&2
	@mkdir -p build/uninstall$(prefix)/share/lunatik/luacats build/uninstall$(moddir)/$(KVER)
	@touch build/uninstall$(prefix)/share/lunatik/luacheckrc build/uninstall$(prefix)/share/lunatik/luarc.json
	@to=$(if $(DESTDIR),$(abspath $(DESTDIR))); cd build/uninstall && \
	find . ! -type d -printf '/%P\n' | while read -r file; do rm -fv "$$to$$file"; done; \
	rm -rf $$to$(prefix)/share/lunatik/luacats; \
	find . -mindepth 1 -depth -type d -printf '/%P\n' | while read -r directory; do \
		case $$directory/ in \
		*/share/lunatik/* | */include/lunatik/* | */lib/lunatik/* | */doc/lunatik/* | */modules/lua/*) ;; \
		*) test -n "$$to" || continue ;; \
		esac; rmdir "$$to$$directory" 2>/dev/null || true; done
	@rm -rf build/uninstall
	$(if $(DESTDIR),,depmod $(KVER))
	$(ldconfig)

# A class whose page is still to be written can be tried all the same (UNFINISHED); tests/guest/editor.py asks for it.
# What a guest sees on top of this machine's root. Made anew, so that nothing stale is in it; what a guest that is
# running may still look at goes with the next one.
stage: modules user ## install into build/stage/KVER, where the guest takes it from (KERNEL)
	@flock $(farm).lock $(MAKE) --no-print-directory stage-locked KVER=$(KVER) KDIR=$(KDIR) KERNEL= \
		>build/stage.log 2>&1 || { cat build/stage.log >&2; exit 1; }

.PHONY: stage-locked
stage-locked:
	rm -rf $(stage).new $(stage).old
	$(MAKE) --no-print-directory install DESTDIR=$(stage).new UNFINISHED=1
	$(MAKE) --no-print-directory install-externals DESTDIR=$(stage).new KDIR=$(KDIR)
	test ! -d $(stage) || mv $(stage) $(stage).old
	mv $(stage).new $(stage)

deps: ## install the Debian packages that make check needs
	@tests/vm/deps check

demo: ## boot a guest, load the modules, run the README's driver
	@tests/vm/deps demo
	@$(MAKE) --no-print-directory stage KERNEL=$(or $(KERNEL),stock)
	@tests/vm/guest --kernel $(or $(KERNEL),stock) -- tests/vm/demo

vm-shell: ## open a root shell in the guest (KERNEL)
	@tests/vm/deps demo
	@$(MAKE) --no-print-directory stage KERNEL=$(or $(KERNEL),stock)
	@tests/vm/guest --kernel $(or $(KERNEL),stock) --interactive -- bash -l || [ $$? -lt 100 ]

debug-no := --no-debug
debug-built := --debug-if-built
debug-quick := --debug-quick

check: ## run every test: on the host, then in guests (SUITE="pattern...", DEBUG_KERNEL=no|built|quick, NO_PACKAGES=1)
	@tests/vm/deps check
	@tests/vm/suite $(if $(DEBUG_KERNEL),$(or $(debug-$(DEBUG_KERNEL)),$(error DEBUG_KERNEL is 'no', 'built' or 'quick'))) $(if $(NO_PACKAGES),--no-packages) $(SUITE)

debug-kernel: ## build the kernel with KASAN, lockdep and the like, once: some 20 minutes
	@tests/vm/deps check
	@tests/vm/kernel debug >/dev/null

# What tests/install takes Lua's sources from.
.PHONY: tarball
tarball:
	@lua/fetch --tarball build/lua-5.4.7.tar.gz

# In a copy of the tree, where git knows what belongs to it. `dpkg-buildpackage -b -us -uc` in the tree itself does the same.
# For the kernel of KERNEL or KVER the modules are built from the package too, as DKMS does, without network or cache.
deb: ## build Debian packages in build/deb, and try the one for DKMS
	@tests/vm/deps deb
	@tests/vm/packages $(KERNEL)

# What it does is in the suite of that name, which make check runs for a minute. The seed of a run that failed is in its first lines.
soak: ## two hours of everything by chance in a guest (SOAK_SECONDS, SOAK_SEED, KERNEL)
	@tests/vm/deps check
	@$(MAKE) --no-print-directory stage KERNEL=$(or $(KERNEL),stock)
	@tests/vm/guest --kernel $(or $(KERNEL),stock) --timeout $$(($(SOAK_SECONDS) + 900)) --quiet 600 -- \
		env SOAK_SECONDS=$(SOAK_SECONDS) $(if $(SOAK_SEED),SOAK_SEED=$(SOAK_SEED)) tests/guest/soak.py

fuzz: ## fuzz what reads foreign bytes and compiles on the host (FUZZ_SECONDS for each target, TARGETS); takes clang
	@$(MAKE) --no-print-directory -f tests/fuzz/Makefile fuzz

bench: ## run the benchmarks
	@test -x tests/bench/run || { echo "there are no benchmarks yet: tests/bench/run is missing" >&2; exit 1; }
	@tests/vm/deps check
	@tests/bench/run

lint: ## cheap checks of every file: licence line, shell scripts, machine's own paths
	@tests/vm/lint

format: ## format the C++ and C sources in place
	git ls-files '*.cpp' '*.hpp' '*.c' '*.h' | xargs -r clang-format -i

clean: ## remove build/
	rm -rf build

distclean: clean ## remove build/ and the cache with its kernels
	@echo "removing the cache $(CACHE): its kernels are fetched and built again when needed"
	rm -rf "$(CACHE)"

help: ## list the verbs and the variables
	@echo "Lua, safe inside the running Linux kernel. Verbs of make:"
	@sed -n 's/^\([a-z-]*\)[a-z ]*:.*## \(.*\)/  \1\t\2/p' Makefile include/install.mk | expand -t 17
	@echo "Variables:"
	@printf '  %-13s  %s\n' \
		KVER "kernel release to build for and install to (this machine's: $$(uname -r))" \
		KDIR "its headers (/lib/modules/KVER/build)" \
		KERNEL "stock, 6.1 or debug: one of the guest's kernels instead" \
		DESTDIR "put in front of every installed path" \
		prefix "where the command line goes ($(prefix))" \
		LUA_SRC "Lua's source: a directory or tarball, instead of fetching it" \
		SOAK_SECONDS "how long make soak runs ($(SOAK_SECONDS))" \
		FUZZ_SECONDS "how long make fuzz tries each of its targets (60)" \
		DEBUG_KERNEL "no: make check leaves the debug kernel out; built: unless it is there; quick: only its quick suites, and it is built beside the others" \
		SUITE "only the suites whose path contains one of these words" \
		JOBS "parallel jobs ($(JOBS))" \
		LUNATIK_CACHE "where kernels are kept ($(CACHE))"

include include/install.mk
