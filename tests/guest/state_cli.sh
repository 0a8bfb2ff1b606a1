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
gives "close there" 0 '' '' lunatik state close one --netns blue
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
gives "a user" 4 '' 'CAP_SYS_ADMIN|[Nn]ot permitted|root' setpriv --reuid 65534 --clear-groups lunatik state create mine
ip netns del blue

# A program of somebody else's. A compiler takes minutes in the guest: make has built it, against what is installed here.
example=$here/../../../build/user/client-example
export LD_LIBRARY_PATH=/usr/local/lib:/usr/local/lib/x86_64-linux-gnu
gives "it runs code in the kernel" 0 '^table$' '' "$example" 'return type({ 123 })'
gives "and says what is wrong" 1 '' 'exec:1: no' "$example" 'error("no")'
# In C, by what pkg-config says of the installed library.
external=$here/../../../build/external/client
for example in "$external/exec" "$external/exec-static"; do
	name=${example##*/}
	gives "$name: it runs code" 0 '^said	7
table
nil$' '' "$example" 'print("said", 7) return type({ 123 }), nil'
	gives "$name: it says what is wrong" 1 '' 'exec:1: no' "$example" 'error("no")'
	gives "$name: what takes too long" 8 '' 'timed out' "$example" 'while true do end'
	gives "$name: a user" 1 '' 'CAP_SYS_ADMIN|[Nn]ot permitted' setpriv --reuid 65534 --clear-groups "$example" 'return 1'
done
is "one of them needs the library" "$(readelf -d "$external/exec" "$external/exec-static" | grep -c 'NEEDED.*liblunatik-client')" 1
gives "leaving nothing" 0 '^NAME.*
one .*
small .*$' '' lunatik state list
lunatik state close one
lunatik state close small
gives "an empty list" 0 '' 'no state' lunatik state list
finish
