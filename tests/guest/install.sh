#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: timeout=600
#
# make install and uninstall: below DESTDIR and the prefix, nowhere else, and nothing of it afterwards.

# shellcheck source=tests/guest/lib/guest.sh
. "$(dirname "$0")/lib/guest.sh"
tree=$(readlink -f "$here/../../..")
root=$work/root
release=$(uname -r)
mkdir "$work/root"
cd "$tree" || exit 1
arguments=(DESTDIR="$root" prefix=/opt/lunatik KVER="$release")

# files DIR: what is below, each with its type.
files()
{
	(cd "$1" && find . -printf '%y %P\n' | sort)
}

touch "$work/before"
ok "make install" timeout 200 make --no-print-directory install "${arguments[@]}"
for file in opt/lunatik/sbin/lunatik opt/lunatik/share/man/man8/lunatik.8 opt/lunatik/share/lunatik/lunatik.schema.json \
	opt/lunatik/share/lunatik/luacats/device.lua opt/lunatik/share/lunatik/luacheckrc opt/lunatik/share/doc/lunatik/README.md \
	opt/lunatik/share/doc/lunatik/docs/api/device.md opt/lunatik/share/doc/lunatik/docs/reference/c.md \
	opt/lunatik/share/doc/lunatik/examples/client/exec.c opt/lunatik/include/lunatik/client.hpp opt/lunatik/include/lunatik/client.h \
	opt/lunatik/lib/liblunatik-client.a \
	opt/lunatik/share/bash-completion/completions/lunatik opt/lunatik/src/lunatik/include/lunatik.h \
	opt/lunatik/lib/systemd/system/lunatik@.service "usr/lib/modules/$release/updates/lunatik/lunatik_device.ko" \
	usr/lib/modules/lua/passwd.lua usr/lib/modules/lua/socket/inet.lua usr/lib/modules/lua/examples/tap.lua; do
	ok "there is $file" test -s "$root/$file"
done
# iptables, as the kernel does, looks in a place of its own.
is "nothing below other prefixes" "$(cd "$root" && find . -mindepth 1 -maxdepth 3 -type d | sort | tr '\n' ' ')" \
	"$(printf '%s ' ./opt ./opt/lunatik ./opt/lunatik/{include,lib,sbin,share,src} ./usr ./usr/lib ./usr/lib/modules \
		".$(dirname "$(pkg-config --variable=xtlibdir xtables)")")"
is "nothing outside of DESTDIR" "$(find /usr/local /usr/lib/modules/lua "/usr/lib/modules/$release/updates" \
	/opt /etc/systemd -newer "$work/before" ! -type d 2>/dev/null)" ""
like "the units know the prefix" "$(cat "$root"/opt/lunatik/lib/systemd/system/lunatik*.service)" \
	'ExecStart=/opt/lunatik/sbin/lunatik load.*ExecStart=/opt/lunatik/sbin/lunatik '
like "so does pkg-config's file" "$(cat "$root"/opt/lunatik/lib/pkgconfig/lunatik-client.pc)" 'prefix=/opt/lunatik'
like "and the language server's" "$(cat "$root"/opt/lunatik/share/lunatik/luarc.json)" '"/opt/lunatik/share/lunatik/luacats"'
is "no file names DESTDIR" "$(grep -rlF "$root" "$root")" ""
gives "the command runs" 0 '^lunatik [0-9.]+ ' '' "$root/opt/lunatik/sbin/lunatik" --version

# What others put beside it stays, with the directories that it is in.
mkdir -p "$root/opt/lunatik/lib/other"
echo 'print(1)' >"$root/usr/lib/modules/lua/mine.lua"
echo '#compdef other' >"$root/opt/lunatik/share/zsh/site-functions/_other"
ok "make uninstall" timeout 200 make --no-print-directory uninstall "${arguments[@]}"
is "leaves what is not ours, and only that" "$(files "$root" | tr '\n' ' ')" "$(printf '%s ' 'd ' 'd opt' 'd opt/lunatik' \
	'd opt/lunatik/lib' 'd opt/lunatik/lib/other' 'd opt/lunatik/share' 'd opt/lunatik/share/zsh' \
	'd opt/lunatik/share/zsh/site-functions' 'd usr' 'd usr/lib' 'd usr/lib/modules' 'd usr/lib/modules/lua' \
	'f opt/lunatik/share/zsh/site-functions/_other' 'f usr/lib/modules/lua/mine.lua')"
rm -rf "$root"
mkdir "$root"
ok "again" timeout 200 make --no-print-directory install "${arguments[@]}"
ok "and away" timeout 200 make --no-print-directory uninstall "${arguments[@]}"
is "not one directory is left" "$(files "$root")" "d "

# Sources for DKMS.
ok "make install-dkms" timeout 100 make --no-print-directory install-dkms DESTDIR="$root" LUA_SRC="$tree/build/lua-5.4.7.tar.gz"
src=$(echo "$root"/usr/src/lunatik-*)
ok "with Lua's tarball" test -s "$src/lua/lua-5.4.7.tar.gz"
# shellcheck disable=SC2016 # expanded by the inner shell
is "and dkms.conf names each module" "$(bash -c '. "$1/dkms.conf"; printf "%s\n" "${BUILT_MODULE_NAME[@]}"' bash "$src" | sort)" \
	"$(sed 's,.*/,,; s,\.o$,,' "$tree/build/modules/$release/modules.order" | sort)"
ok "make uninstall-dkms" make --no-print-directory uninstall-dkms DESTDIR="$root"
ok "takes them away" test ! -e "$src"
finish
