#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: timeout=900
#
# The Debian packages, from nothing: `make uninstall`, then what tests/vm/packages has built is installed with dpkg, the modules
# that DKMS has built from it are installed with DKMS, loaded and run; systemd starts a script at its boot, and stops it.
# DKMS has built them outside: in an emulated guest that would take most of an hour.

# shellcheck source=tests/guest/lib/guest.sh
. "$(dirname "$0")/lib/guest.sh"
tree=$(readlink -f "$here/../../..")
release=$(uname -r)
# As a regular expression.
this=${release//+/[+]}
stage=$tree/build/stage/$release
packages=("$tree"/build/deb/lunatik_*.deb "$tree"/build/deb/lunatik-dkms_*.deb)
built=$tree/build/deb/dkms-$release

# What the other suites need is put back, whatever happens here.
restore()
{
	lunatik unload >/dev/null 2>&1
	dpkg --purge lunatik lunatik-dkms >/dev/null 2>&1
	umount "/usr/lib/modules/$release/kernel"
	cp -a "$stage"/. /
	cp -a "$work.lists"/. "/usr/lib/modules/$release/"
}
trap restore EXIT # finish is the last command: its status stays

lunatik unload
rm -f /var/lib/man-db/auto-update
# depmod runs often here, and takes minutes to read all of the kernel's own modules; none of them is needed.
mkdir "$work.lists"
cp -a "/usr/lib/modules/$release"/modules.* "$work.lists/"
# DKMS looks at one to see whether modules are packed.
example=$(cd "/usr/lib/modules/$release" && find kernel -name '*.ko*' -print -quit)
cp "/usr/lib/modules/$release/$example" "$work.lists/"
mount -t tmpfs none "/usr/lib/modules/$release/kernel"
mv "$work.lists/${example##*/}" "/usr/lib/modules/$release/kernel/"

# -- make uninstall, of what is installed on the root itself

ldconfig
like "programs find the library" "$(ldconfig -p)" 'liblunatik-client\.so\.1 '
ok "make uninstall" timeout 200 make --no-print-directory -C "$tree" uninstall KVER="$release"
is "and know nothing of it any more" "$(ldconfig -p | grep liblunatik-client)" ""
# For the guest only, `make stage` adds modules and a script of examples; suites add their scripts.
rm -rf /usr/lib/modules/lua/mydevice.lua /usr/lib/modules/lua/test
rmdir /usr/lib/modules/lua
is "leaves no file of what was installed" "$(cd "$stage" && find . ! -type d -printf '/%P\n' | while read -r file; do
	[ ! -e "$file" ] || echo "$file"; done)" ""
is "and no directory of ours" "$(find /usr/local /usr/lib/modules/lua "/usr/lib/modules/$release/updates" \
	\( -name '*lunatik*' -o -name lua \) 2>/dev/null)" ""
hash -r
is "there is no command" "$(command -v lunatik)" ""

# -- dpkg and DKMS

touch /etc/dkms/no-autoinstall
ok "dpkg -i" timeout 200 dpkg -i "${packages[@]}"
mkdir -p /var/lib/dkms
cp -a "$built"/lunatik /var/lib/dkms/
like "DKMS knows it" "$(dkms status lunatik)" "lunatik/[0-9.]+, $this, x86_64: built"
ok "dkms install" timeout 300 dkms install -m lunatik -v "$(cd "$built/lunatik" && echo [0-9]*)" -k "$release"
like "it is installed" "$(dkms status lunatik)" "$this, x86_64: installed"
like "where modprobe finds it" "$(modinfo -n lunatik)" "/updates/dkms/lunatik\.ko"
is "the command is in place" "$(command -v lunatik)" /usr/sbin/lunatik
gives "load" 0 '' '' lunatik load
gives "run passwd, whose libraries load by themselves" 0 '' '' lunatik run passwd
is "read the device" "$(head -c 16 /dev/passwd | wc -c)" 16
like "all modules are DKMS'" "$(lunatik status)" 'lunatik_device'
gives "doctor finds nothing wrong" 0 'ok +module +/lib/modules/.*/updates/dkms/lunatik.ko' '' lunatik doctor
gives "a test suite, as installed" 0 'passed, 0 failed' '' lunatik test data
gives "another library in Lua" 0 '^function$' '' lunatik run -e 'type(require("socket.inet").tcp)'
gives "unload" 0 '' '' lunatik unload
for file in /usr/share/man/man8/lunatik.8.gz /usr/share/bash-completion/completions/lunatik \
	/usr/share/zsh/vendor-completions/_lunatik /usr/share/fish/vendor_completions.d/lunatik.fish \
	/usr/share/lunatik/lunatik.schema.json /usr/share/lunatik/luacats/socket.lua /usr/share/doc/lunatik/docs/cli.md \
	/usr/include/lunatik/xdp.bpf.h /usr/share/doc/lunatik/examples/passwd.lua /usr/share/doc/lunatik/copyright /lib/modules/lua/examples/tap.lua \
	/usr/src/lunatik-*/lua/lua-5.4.7.tar.gz; do
	ok "there is $file" test -s "$file"
done
is "the licence of Lua is in the copyright" "$(grep -c 'Lua.org, PUC-Rio' /usr/share/doc/lunatik-dkms/copyright)" 1

# -- systemd

gives "systemd finds nothing wrong in the units" 0 '' '' systemd-analyze --man=no verify lunatik.service lunatik@passwd.service

# A systemd of its own as PID 1 of a namespace, which sees the units of the packages and none that is enabled on the machine
# that the guest's root comes from.
cat >"$work/boot" <<'EOF'
mount -t tmpfs -o mode=755 run /run
mkdir -p /run/lock
for directory in /etc/systemd/system /etc/init.d /etc/rc[0-6S].d /usr/local/lib/systemd /etc/cron.d; do
	[ ! -d "$directory" ] || mount -t tmpfs -o mode=755 none "$directory"
done
mount -t cgroup2 cgroup2 /sys/fs/cgroup
# Neither this machine's disks nor the guest's console, which the harness reads.
[ ! -e /etc/fstab ] || mount --bind /dev/null /etc/fstab
mount --bind "$1" /dev/console
mkdir -p /etc/lunatik
printf 'VERB=spawn\n' >/etc/lunatik/examples-echod-daemon.conf
printf 'OPTIONS=softirq --maxalloc 1M\n' >/etc/lunatik/small.conf
# Of no use here, and slow.
systemctl -q mask systemd-udevd.service systemd-udev-trigger.service systemd-udevd-control.socket systemd-udevd-kernel.socket \
	systemd-logind.service dbus.service dbus.socket getty.target systemd-journal-flush.service systemd-tmpfiles-setup.service \
	systemd-tmpfiles-setup-dev.service systemd-modules-load.service systemd-sysctl.service systemd-random-seed.service \
	systemd-update-utmp.service systemd-update-utmp-runlevel.service systemd-timesyncd.service systemd-firstboot.service \
	systemd-repart.service systemd-binfmt.service systemd-sysusers.service systemd-machine-id-commit.service \
	kmod-static-nodes.service proc-sys-fs-binfmt_misc.automount
systemctl -q enable lunatik@passwd.service
exec env -i container=lunatik-test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --unit=multi-user.target \
	--log-target=console --show-status=no
EOF
echo 'return 1' >/lib/modules/lua/small.lua

# inside COMMAND...: runs it in systemd's namespaces.
inside()
{
	nsenter -t "$systemd" -m -p -C -- "$@"
}

# up UNIT: whether it is active.
up()
{
	[ "$(inside systemctl is-active "$1")" = active ]
}

unshare --mount --pid --fork --cgroup --mount-proc --kill-child bash "$work/boot" "$work/systemd.log" >"$work/systemd.log" 2>&1 &
namespace=$!
ok "systemd starts" within 60 pgrep -P $namespace
systemd=$(pgrep -P $namespace)
ok "a script runs after its boot" within 200 up lunatik@passwd.service
ok "the modules' unit as well" up lunatik.service
is "its device answers" "$(timeout 10 head -c 16 /dev/passwd | wc -c)" 16
like "lunatik list shows it" "$(lunatik list)" 'passwd +process +ready'
ok "systemctl reload" inside systemctl reload lunatik@passwd.service
is "its device still answers" "$(timeout 10 head -c 16 /dev/passwd | wc -c)" 16
ok "systemctl stop" inside systemctl stop lunatik@passwd.service
ok "its device is gone" test ! -e /dev/passwd
gives "so is its runtime" 0 '' 'no runtime' lunatik list
ok "systemctl start of a script with options" inside systemctl start lunatik@small.service
like "they are heeded" "$(lunatik list)" 'small +softirq +ready.*/1M'
ok "systemctl start of one that is spawned" inside systemctl start lunatik@examples-echod-daemon.service
ok "its thread runs" within 10 is_state examples/echod/daemon running
is "a script that does not exist fails" "$(inside systemctl start lunatik@nosuch.service 2>&1 | grep -c 'failed')" 1
is "with the command's exit status" "$(inside systemctl show -P ExecMainStatus lunatik@nosuch.service)" 6
lunatik stop small
ok "stopping one that has been stopped by hand" inside systemctl stop lunatik@small.service
is "is no failure" "$(inside systemctl is-failed lunatik@small.service)" inactive
ok "systemctl start passwd" inside systemctl start lunatik@passwd.service
ok "systemctl stop of the modules stops the scripts first" inside systemctl stop lunatik.service
is "and nothing is loaded" "$(grep -c '^lunatik' /proc/modules)" 0
ok "and starting a script loads them again" inside systemctl start lunatik@passwd.service
is "its device is back" "$(timeout 10 head -c 16 /dev/passwd | wc -c)" 16
# It asks logind first, which is not there.
inside systemctl --no-block poweroff 2>/dev/null
# shellcheck disable=SC2016 # expanded by the inner shell
ok "systemd ends" within 100 sh -c '! kill -0 $0' "$systemd"
is "and with it the modules" "$(grep -c '^lunatik' /proc/modules)" 0
kill $namespace 2>/dev/null
[ $ktap_failed = 0 ] || sed 's/^/# systemd: /' "$work/systemd.log" | tail -n 60

# -- and away

rm -f /lib/modules/lua/small.lua
dpkg -L lunatik lunatik-dkms | grep -E 'lunatik|/modules/lua' | sort -u >"$work.files"
ok "there are files to take away" grep -q /usr/sbin/lunatik "$work.files"
ok "dpkg --purge" timeout 300 dpkg --purge lunatik lunatik-dkms
is "no file or directory of ours is left" "$(while read -r file; do [ ! -e "$file" ] || echo "$file"; done <"$work.files")$(
	find "/usr/lib/modules/$release/updates" /var/lib/dkms -name '*lunatik*')" ""
finish
