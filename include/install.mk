# SPDX-License-Identifier: MIT OR GPL-2.0-only
#
# What other modules are compiled against, and those of this tree that are such modules. Included by the Makefile.

develdir := $(prefix)/src/lunatik
externals := examples/kmod-c examples/kmod-cpp examples/kmod-class/c examples/kmod-class/cpp tests/guest/capi
external-scripts := examples/kmod-c/mydevice.lua

# What another machine builds the modules from, with DKMS.
dkmsdir := /usr/src/lunatik-$(VERSION)
dkms-sources := dkms.conf Kbuild Makefile README.md LICENSE-MIT LICENSE-GPL tests/vm/btf tests/vm/common.py \
	$(shell find kernel lua lib include -type f ! -name '*.pyc')

.PHONY: install-devel uninstall-devel install-externals install-dkms uninstall-dkms

# Times are kept, so that what was compiled against these files before is not compiled again.
install-devel:
	@test -f $(farm)/Module.symvers || { echo "nothing is built for $(KVER): run make first" >&2; exit 1; }
	@echo "install $(DESTDIR)$(develdir)"
	@to=$(DESTDIR)$(develdir) && mkdir -p $$to/include/lunatik $$to/kernel/base $$to/lua/src $$to/lua/shim $$to/symbols && \
	install -p -m 644 include/lunatik.h include/lunatik.hpp include/lunatik.mk $$to/include/ && \
	install -p -m 644 $(filter-out %/client.h,$(wildcard include/lunatik/*.h)) $(addprefix include/lunatik/,bytes.hpp data.hpp hook.hpp packet.hpp runtime.hpp skb.hpp) $$to/include/lunatik/ && \
	install -p -m 644 kernel/base/*.hpp $$to/kernel/base/ && \
	install -p -m 644 kernel/check-object $$to/kernel/ && \
	install -p -m 644 lua/api.h lua/overlay.h lua/host.h $$to/lua/ && \
	install -p -m 644 lua/shim/*.h $$to/lua/shim/ && \
	install -p -m 644 $(patsubst %,$(luasrc)/src/%.h,lua luaconf lauxlib lualib) $$to/lua/src/ && \
	install -p -m 644 $(farm)/Module.symvers $$to/symbols/$(KVER)

uninstall-devel:
	rm -f $(DESTDIR)$(develdir)/symbols/$(KVER)
	@rmdir $(DESTDIR)$(develdir)/symbols 2>/dev/null && rm -rf $(DESTDIR)$(develdir) || true
	@$(if $(DESTDIR),rmdir -p $(DESTDIR)$(prefix)/src 2>/dev/null || true)

# For the guest: modules of other people's, built against what is installed below DESTDIR, and put beside our own. And a program in
# C that knows the client library from pkg-config, with the library inside and without.
install-externals:
	@for module in $(externals); do \
		work=$(CURDIR)/build/external/$(KVER)/$$module && mkdir -p $$work && find -L $$work -type l -delete && \
		cp -rsf $(CURDIR)/$$module/. $$work/ && \
		$(MAKE) -C $(KDIR) M=$$work LUNATIK=$(abspath $(DESTDIR))$(develdir) modules && \
		install -m 644 $$work/*.ko $(DESTDIR)$(moddir)/$(KVER)/updates/lunatik/ || exit 1; done
	@install -m 644 $(external-scripts) $(DESTDIR)$(moddir)/lua/
	@root=$(abspath $(DESTDIR)); work=build/external/client; mkdir -p $$work; \
	pkg() { PKG_CONFIG_PATH=$$root$(prefix)/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$$root pkg-config "$$@" lunatik-client; }; \
	compile="$(CC) -Wall -Wextra -Werror examples/client/exec.c"; \
	$$compile -o $$work/exec $$(pkg --cflags --libs) && \
	$$compile -o $$work/exec-static $$(pkg --cflags) $$(pkg --static --libs | sed 's/-llunatik-client/-l:liblunatik-client.a/')

# Lua's tarball comes along, so that the other machine needs no network and no deb-src.
install-dkms: ## install the modules' sources for DKMS, in /usr/src/lunatik-VERSION (DESTDIR)
	@echo "install $(DESTDIR)$(dkmsdir)"
	@for file in $(dkms-sources); do \
		install -D -p -m $$(test -x $$file && echo 755 || echo 644) $$file $(DESTDIR)$(dkmsdir)/$$file || exit 1; done
	@lua/fetch --tarball $(abspath $(DESTDIR))$(dkmsdir)/lua/lua-5.4.7.tar.gz

uninstall-dkms: ## remove them; `dkms remove` first
	rm -rf $(DESTDIR)$(dkmsdir)

# For editors: definitions made from the tables of the modules that were built, and what luacheck has to know.
editordir = $(DESTDIR)$(prefix)/share/lunatik

.PHONY: install-editor
install-editor:
	@test -f $(farm)/modules.order || { echo "nothing is built for $(KVER): run make first" >&2; exit 1; }
	@echo "install $(editordir)/luacats"
	@rm -rf $(editordir)/luacats
	@editor/generate $(editordir)/luacats $(built) $(if $(UNFINISHED),|| true)
	@install -m 644 .luacheckrc $(editordir)/luacheckrc
	@sed 's,@prefix@,$(prefix),' editor/luarc.json >$(editordir)/luarc.json
