#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: timeout=200
#
# lunatik state and lunatik monitor, and a program on top of the client library, as a user has them.

# shellcheck source=tests/guest/lib/guest.sh
. "$(dirname "$0")/lib/guest.sh"

lunatik unload
gives "a state without the module" 3 '' 'not loaded' lunatik state list
gives "a monitor without it" 3 '' 'not loaded' lunatik monitor
gives "create loads it" 0 '' 'loading the kernel module' lunatik state create one
gives "no state in the list but this" 0 '^NAME +CONTEXT +STATE +MEMORY .*one +process +ready +[0-9.]+K/64M +1 +0 +0 ' '' lunatik state list
gives "code, output, results" 0 '^said	7
1	two	nil$' '' lunatik state exec one 'x = 7 print("said", x) return 1, "two", nil'
gives "what it keeps" 0 '^7$' '' lunatik state exec one 'return x'
gives "code that begins with a dash" 0 '^3$' '' lunatik state exec one -e '-- a comment
return 3'
gives "code from standard input" 0 '^4$' '' bash -c 'echo "return 4" | lunatik state exec one -'
gives "large code from standard input" 0 '^900000$' '' bash -c "python3 -c 'print(\"return #[[\" + \"x\" * 900000 + \"]]\")' | lunatik state exec one -"
gives "nothing to show" 0 '' '' lunatik state exec one ' '
gives "an error" 1 '' 'exec:1: on purpose.*stack traceback' lunatik state exec one 'error("on purpose")'
gives "an error of two lines" 1 '' 'exec:1: first
second' lunatik state exec one 'error("first\nsecond")'
gives "is in the log with both, and without where it came from" 0 'one: exec:1: first
.*one: second
*$' '' bash -c 'lunatik log one | tail -n 2'
gives "a cap that is too small for a state" 7 '' 'its cap is too small' lunatik state create tiny --maxalloc 1
gives "a wrong chunk" 1 '' 'unexpected symbol' lunatik state exec one 'return ('
gives "a name in use" 6 '' "'one': a state of that name exists.*close one" lunatik state create one
gives "no name" 2 '' 'needs the name' lunatik state create
gives "no good name" 2 '' 'no name of a state' lunatik state create a/../b
gives "no such state" 6 '' "'none': there is no state of that name.*state create none" lunatik state exec none 'return 1'
gives "close of none" 6 '' 'there is no state' lunatik state close none
gives "no code" 2 '' 'needs code' lunatik state exec one
gives "code twice" 2 '' 'needs code, once' lunatik state exec one 'return 1' -e 'return 2'
gives "nothing to do" 2 '' 'needs to know what to do' lunatik state
gives "nothing it can do" 2 '' "cannot 'burn'" lunatik state burn one
gives "a list of one" 2 '' 'takes no name' lunatik state list one
gives "code for close" 2 '' 'takes no code' lunatik state close one 'return 1'
gives "a name with a dash, behind --" 0 '' '' lunatik state create -- -dash
gives "one that is in use" 6 '' 'close it first: .*state close -- -dash$' lunatik state create -- -dash
gives "code in it" 0 '^5$' '' lunatik state exec -- -dash 'return 5'
gives "code alone behind --" 0 '^-5$' '' lunatik state exec one -- '-- a comment
return -5'
gives "an option in front of --" 8 '' 'timed out' lunatik state exec --timeout 0.3 -- -dash 'while true do end'
gives "too many words behind --" 2 '' 'too many words behind --' lunatik state exec one 'return 1' -- 'return 2'
gives "no name behind --" 2 '' 'needs the name' lunatik state close --
gives "close behind --" 0 '' '' lunatik state close -- -dash
gives "no such state" 6 '' "'-dash': there is no state.*state create -- -dash makes it" lunatik state close -- -dash
gives "a cap" 0 '' '' lunatik state create small --maxalloc 1M
gives "is one" 7 '' 'not enough memory' lunatik state exec small 'local t = {} for i = 1, 1 << 30 do t[i] = {} end'
gives "no cap" 2 '' 'is not a size' lunatik state create other --maxalloc x
gives "a cap for exec" 2 '' 'takes no --maxalloc' lunatik state exec one 'return 1' --maxalloc 1M
gives "JSON: exec" 0 '^\{
? *"status": ?0,.*"output": ?"a\\n",.*"values": ?\[' '' lunatik -j state exec one 'print("a") return 1'
gives "JSON: an error" 1 '"error":' '' lunatik -j state exec one 'error("x")'
gives "JSON: list" 0 '"name": ?"one"' '' lunatik -j state list
gives "JSON: no such state" 6 '"errno": ?2|there is no state' '' lunatik -j state close none

# A runtime of many states is one in both lists, with their sums.
install_script sc_percpu <<'EOF'
local netfilter = require("netfilter")
netfilter.register { pf = netfilter.family.IPV4, hooknum = netfilter.inet_hooks.LOCAL_OUT, priority = 0, hook = function() return 1 end }
EOF
gives "a runtime of each CPU" 0 '' '' lunatik run test/sc_percpu softirq percpu
is "has its packets of all CPUs counted" "$(python3 -c 'import json, os, socket, subprocess
def listed(*words):
    answer = json.loads(subprocess.run(["lunatik", "-j", *words, "list"], capture_output=True).stdout)
    return next(one for one in answer["states" if words else "runtimes"] if one["name"] == "test/sc_percpu")
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
cpus = os.sched_getaffinity(0)
for cpu in cpus:
    os.sched_setaffinity(0, {cpu})
    for _ in range(100):
        s.sendto(b"x", ("127.0.0.1", 9))
one, other, again = listed(), listed("state"), listed()
print(len(cpus) > 1, other["calls"] >= 100 * len(cpus), one["calls"] <= other["calls"] <= again["calls"], one["maxalloc"] == other["maxalloc"],
      one["memory"] <= 2 * other["memory"], other["memory"] <= 2 * one["memory"])')" 'True True True True True True'
lunatik stop test/sc_percpu

ip netns add blue
gives "another namespace" 0 '' '' lunatik state create one --netns blue
gives "has its own" 0 '^nil$' '' lunatik state exec one 'return x' --netns blue
gives "by its path" 0 'one +process' '' lunatik state list --netns /run/netns/blue
gives "no such namespace" 6 '' "no network namespace 'red'" lunatik state list --netns red
lunatik state create --netns blue -- -x
lunatik state create --netns blue 'two words'
gives "all of them close by xargs" 0 '' '' bash -c 'lunatik state list -0 --netns blue | xargs -0 -n1 lunatik state close --netns blue --'
gives "and are gone" 0 '' 'there is no state' lunatik state list --netns blue
gives "and not here" 0 '^7$' '' lunatik state exec one 'return x'

lunatik monitor -n 4 >"$work/events" 2>/dev/null &
monitor=$!
lunatik -j monitor --netns blue -n 2 >"$work/blue" 2>/dev/null &
blue=$!
sleep $slow
lunatik state create told
lunatik state exec told 'print("a line") error("bad")' >/dev/null 2>&1
lunatik state close told
lunatik state create inner --netns blue
lunatik state close inner --netns blue
ok "monitor ends after as many events" within 10 bash -c "! kill -0 $monitor"
wait $monitor
is "with success" $? 0
like()
{
	grep -qE "$1" "$work/events" || { cat "$work/events"; false; }
}
ok "started" like '^[-0-9]+ [:.0-9]+ told: \[started\]$'
ok "a line" like ' told: a line$'
ok "an error" like ' told: exec:1: bad$'
ok "stopped" like ' told: \[stopped\]$'
wait $blue
is "another namespace's events as JSON" "$(python3 -c 'import json, sys
for line in open(sys.argv[1]): one = json.loads(line); print(one["kind"], one["name"])' "$work/blue")" 'started inner
stopped inner'
# A shell has its background ignore SIGINT, and so does a monitor there.
is "Ctrl-C ends a monitor, which is no failure" "$(python3 -c 'import select, signal, subprocess
client = subprocess.Popen(["lunatik", "monitor"], stdout=subprocess.PIPE)
while not select.select([client.stdout], [], [], 0.5)[0]:
    for verb in "create", "close":
        subprocess.run(["lunatik", "state", verb, "told"], check=True)
client.send_signal(signal.SIGINT)
print(client.wait(20))')" 0

lunatik state exec one 'while true do end' &
client=$!
ok "code that loops" within 10 bash -c "lunatik -j state list | grep -q '\"in_use\": *true'"
# A shell has its background ignore SIGINT.
kill -TERM $client
wait $client
is "a signal ends it" $? 143
gives "and the state goes on" 0 '^7$' '' lunatik state exec one 'return x'
is "Ctrl-C ends it" "$(python3 -c 'import signal, subprocess, time
client = subprocess.Popen(["lunatik", "state", "exec", "one", "while true do pcall(error) end"])
while "\"in_use\":true" not in subprocess.run(["lunatik", "-j", "state", "list"], capture_output=True, text=True).stdout.replace(" ", ""):
    time.sleep(0.1)
client.send_signal(signal.SIGINT)
print(client.wait(20))')" -2
gives "and the state goes on" 0 '^7$' '' lunatik state exec one 'return x'
gives "a timeout ends code that loops, after what it printed" 8 '^first$' 'timed out after 0.3 s' \
	lunatik state exec one 'print("first") while true do pcall(error) end' --timeout 0.3
gives "and code that sleeps" 8 '' 'timed out after 0.3 s' lunatik state exec one 'require("linux").schedule(100000)' --timeout 0.3
gives "and the wait for others" 8 '' 'timed out after 0.3 s' bash -c 'lunatik state exec one "require([[linux]]).schedule(3000)" &
	until lunatik -j state list | grep -q "\"in_use\": *true"; do sleep 0.1; done
	lunatik state exec one "return 1" --timeout 0.3; status=$?; kill $!; exit $status'
gives "in time it is as without" 0 '^7$' '' lunatik state exec one 'return x' --timeout 20
gives "JSON: a timeout" 8 '"status": ?8' '' lunatik -j state exec one 'while true do end' --timeout 0.2
gives "no timeout" 2 '' 'is not a time' lunatik state exec one 'return 1' --timeout x
gives "a timeout for list" 2 '' 'takes no --timeout' lunatik state list --timeout 1

# What generic netlink refuses has no words of the kernel's, what the module refuses has.
user=(setpriv --reuid 65534 --clear-groups)
gives "a user: create" 4 '' '^lunatik: .mine.: .*CAP_NET_ADMIN over the network namespace and CAP_SYS_ADMIN in the initial user namespace are needed.hint: run it as root' "${user[@]}" lunatik state create mine
gives "a user: list" 4 '' '^lunatik: CAP_NET_ADMIN over the network namespace is needed
hint: run it as root: sudo lunatik$' "${user[@]}" lunatik state list
gives "a user: monitor" 4 '' '^lunatik: events are for CAP_SYS_ADMIN in the initial user namespace.hint: run it as root' "${user[@]}" lunatik monitor
gives "a user: another namespace" 4 '' "^lunatik: cannot enter the network namespace 'blue': .*hint: run it as root" "${user[@]}" lunatik state list --netns blue
admin=(setpriv --bounding-set -sys_admin --inh-caps -sys_admin)
gives "root without CAP_SYS_ADMIN: create" 4 '' '^lunatik: .mine.: .*CAP_SYS_ADMIN in the initial user namespace is needed$' "${admin[@]}" lunatik state create mine
gives "root without CAP_SYS_ADMIN: list" 0 'one +process' '' "${admin[@]}" lunatik state list
gives "root without CAP_SYS_ADMIN: monitor" 4 '' '^lunatik: events are for CAP_SYS_ADMIN in the initial user namespace$' "${admin[@]}" lunatik monitor
gives "root without CAP_SYS_ADMIN: another namespace" 4 '' "^lunatik: cannot enter the network namespace 'blue': CAP_SYS_ADMIN" "${admin[@]}" lunatik state list --netns blue
other=(setpriv --bounding-set -net_admin --inh-caps -net_admin)
gives "root without CAP_NET_ADMIN: list" 4 '' '^lunatik: CAP_NET_ADMIN over the network namespace is needed$' "${other[@]}" lunatik state list
gives "root without CAP_NET_ADMIN: create" 4 '' '^lunatik: .mine.: .*CAP_NET_ADMIN over the network namespace and CAP_SYS_ADMIN' "${other[@]}" lunatik state create mine
"${other[@]}" lunatik monitor >"$work/events" 2>&1 &
monitor=$!
ok "root without CAP_NET_ADMIN: monitor" within 10 bash -c "lunatik state create told; lunatik state close told; grep -q 'told: \[started\]' $work/events"
kill $monitor 2>/dev/null
gives "root of a container: create" 4 '' '^lunatik: .mine.: .*CAP_SYS_ADMIN in the initial user namespace is needed$' unshare -Urn lunatik state create mine
gives "root of a container: list" 0 '' 'there is no state' unshare -Urn lunatik state list
gives "root of a container: monitor" 4 '' '^lunatik: events are for CAP_SYS_ADMIN in the initial user namespace$' unshare -Urn lunatik monitor
gives "in JSON, on a line" 4 '^\{"status":4,"error":\{"message":"events are for[^
]*\}$' '' unshare -Urn lunatik -j monitor
ip netns del blue

# Programs of somebody else's. A compiler takes minutes in the guest: make has built them, against what is installed here. They find the
# library as every program finds one: by what ldconfig has seen.
tree=$here/../../..
finds()
{
	ldconfig -p | grep -q 'liblunatik-client\.so\.1 '
}
ok "make install-user" timeout 200 make --no-print-directory -C "$tree" install-user KVER="$(uname -r)"
ok "the library is found" finds
example=$tree/build/user/client-example
gives "it runs code in the kernel" 0 '^table$' '' "$example" 'return type({ 123 })'
gives "and says what is wrong" 1 '' 'exec:1: no' "$example" 'error("no")'
# In C, by what pkg-config says of the installed library.
external=$tree/build/external/client
for example in "$external/exec" "$external/exec-static"; do
	name=${example##*/}
	gives "$name: it runs code" 0 '^said	7
table
nil$' '' "$example" 'print("said", 7) return type({ 123 }), nil'
	gives "$name: it says what is wrong" 1 '' 'exec:1: no' "$example" 'error("no")'
	gives "$name: what takes too long" 8 '' 'timed out' "$example" 'while true do end'
	gives "$name: a user" 1 '' 'CAP_SYS_ADMIN|[Nn]ot permitted' setpriv --reuid 65534 --clear-groups "$example" 'return 1'
done
# A name that generic netlink would refuse by a number that says nothing.
is "a name that is none is EINVAL, with words" "$(python3 -c 'import ctypes
library = ctypes.CDLL("liblunatik-client.so.1")
library.lunatik_client_error.restype = ctypes.c_char_p
client, result = ctypes.c_void_p(), ctypes.c_void_p()
print(library.lunatik_client_open(ctypes.byref(client), None))
for name in b"", b"x" * 256, b"x" * 400, b"/":
    print(library.lunatik_client_newstate(client, name, ctypes.c_uint64(0)), library.lunatik_client_error(client)[:19].decode())
for name in b"", b"x" * 400, b"x" * 255:
    print(library.lunatik_client_closestate(client, name), library.lunatik_client_error(client)[:19].decode())
    print(library.lunatik_client_exec(client, name, b"return 1", ctypes.c_size_t(8), 0, ctypes.byref(result)), library.lunatik_client_error(client)[:19].decode())')" \
	"0
$(printf -- '-22 no name of a state:\n%.0s' 1 2 3 4 5 6 7 8)
-2 there is no state o
-2 there is no state o"
is "one of them needs the library" "$(readelf -d "$external/exec" "$external/exec-static" | grep -c 'NEEDED.*liblunatik-client')" 1
gives "leaving nothing" 0 '^NAME.*
one .*
small .*$' '' lunatik state list
lunatik state close one
lunatik state close small
gives "an empty list" 0 '' 'no state' lunatik state list
finish
