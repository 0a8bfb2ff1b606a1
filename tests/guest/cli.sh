#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: debug timeout=300
#
# The command line as its users type it: what it answers, where, and with which exit status.

# shellcheck source=tests/guest/lib/guest.sh
. "$(dirname "$0")/lib/guest.sh"
cd "$work" || exit 1

# -- right uses

install_script hello <<<'print("hello", ...) return 5'
echo 'print("from a file", ...)' >hello.lua
gives "run an installed script" 0 '^hello$' '' lunatik run test/hello
gives "list shows it" 0 'NAME +CONTEXT +STATE +MEMORY +CALLS +ERRORS +AGE.test/hello +process +ready' '' lunatik list
gives "stop it" 0 '' '' lunatik stop test/hello
gives "list shows nothing" 0 '' '^no runtime is running$' lunatik list
gives "run with the suffix" 0 '^hello$' '' lunatik run test/hello.lua
gives "it is the same runtime" 0 '' '' lunatik stop test/hello
gives "run with arguments" 0 '^hello	one	two words	$' '' lunatik run test/hello -- one 'two words' ''
gives "replace it" 0 '^hello	again$' '' lunatik run test/hello --replace -- again
gives "restart it, without its arguments" 0 '^hello$' '' lunatik restart test/hello
gives "restart it with others" 0 '^hello	x$' '' lunatik restart test/hello -- x
gives "stop it again" 0 '' '' lunatik stop test/hello
gives "run a file" 0 '^from a file	-e	--name$' '' lunatik run ./hello.lua -- -e --name
gives "a file is its last component" 0 'hello +process' '' lunatik list
gives "restart a file" 0 '^from a file$' '' lunatik restart ./hello.lua
gives "stop a file" 0 '' '' lunatik stop ./hello.lua
gives "run a file by its whole path" 0 '^from a file$' '' lunatik run "$work/hello.lua"
gives "and stop it by its name" 0 '' '' lunatik stop hello
gives "run a file without ./" 0 '^from a file$' '' lunatik run hello.lua
gives "stop that" 0 '' '' lunatik stop hello.lua
gives "an expression" 0 '^42$' '' lunatik run -e '6 * 7'
gives "a return" 0 '^42$' '' lunatik run -e 'return 42'
gives "several values" 0 '^1	nil	x$' '' lunatik run -e '1, nil, "x"'
gives "no value" 0 '' '' lunatik run -e 'local x = 1'
gives "an expression that is nil" 0 '^nil$' '' lunatik run -e 'nil'
gives "output before the value" 0 '^out.42$' '' lunatik run -e 'print("out") return 42'
gives "-e with arguments" 0 '^a	b$' '' lunatik run -e 'return ...' -- a b
gives "-e with a name stays" 0 '' '' lunatik run -e 'x = 1' --name kept
gives "stop that too" 0 '' '' lunatik stop kept
gives "-e with a name shows a value too" 0 '^42$' '' lunatik run --name kept -e '6 * 7'
gives "and stays" 0 'kept +process +ready' '' lunatik list
lunatik stop kept
gives "a return with a name" 0 '^42	nil$' '' lunatik run --name kept -e 'return 42, nil'
lunatik stop kept
gives "a name that is no UTF-8" 0 '^42$' '' lunatik run --name $'k\xffpt' -e '6 * 7'
gives "is listed" 0 $'k\xffpt +process +ready' '' lunatik list
gives "as JSON it is replaced" 0 $'"k\xef\xbf\xbdpt"' '' lunatik -j list
gives "the log has it" 0 $' k\xffpt: ' '' lunatik log $'k\xffpt'
gives "stats has it" 0 $'^k\xffpt' '' lunatik stats $'k\xffpt'
gives "stop it, too" 0 '' '' lunatik stop $'k\xffpt'
gives "a function is spawned from an expression" 0 '' '' lunatik spawn --name kept -e 'function() end'
lunatik stop kept
gives "an expression in each CPU's state is shown once" 0 '^42$' '' lunatik run --name kept -e '6 * 7' softirq percpu
lunatik stop kept
gives "values of a name as JSON" 0 '"values": \[[^]]*"42"' '' lunatik -j run --name kept -e '6 * 7'
gives "it leaves no _ behind" 0 '^nil$' '' lunatik state exec kept 'return _'
lunatik stop kept
gives "an error in one" 1 '' '^lunatik: kept:1: on purpose' lunatik run --name kept -e 'error("on purpose")'
gives "-e without a name is gone" 0 '' 'no runtime' lunatik list
gives "standard input" 0 '^piped	z$' '' bash -c 'echo "print(\"piped\", ...) return 1" | lunatik run - -- z'
gives "a name of one's own" 0 '^hello$' '' lunatik run test/hello --name another
gives "two of one script" 0 '^hello$' '' lunatik run test/hello
gives "both are there" 0 'another.*test/hello' '' lunatik list
lunatik stop another
lunatik stop test/hello
gives "softirq" 0 '^hello$' '' lunatik run test/hello softirq
gives "list says so" 0 'test/hello +softirq +ready' '' lunatik list
gives "restart keeps the context" 0 '^hello$' '' lunatik restart test/hello
gives "as list shows" 0 'test/hello +softirq +ready' '' lunatik list
lunatik stop test/hello
lunatik run test/hello softirq percpu --maxalloc 1M >/dev/null
cap=$(lunatik list | grep -o '/[0-9.]*[MG]')
gives "restart a state for each CPU" 0 '^hello' '' lunatik restart test/hello
gives "each has the cap it had" 0 "test/hello +softirq percpu +ready +[0-9.]+K$cap " '' lunatik list
lunatik stop test/hello
echo 'x = 1' >-x.lua
gives "a name that begins with a dash" 0 '' '' lunatik run ./-x.lua
gives "is stopped behind --" 0 '' '' lunatik stop -- -x
gives "hardirq" 0 '^hello$' '' lunatik run test/hello hardirq
lunatik stop test/hello
gives "false, as older versions say softirq" 0 '^hello$' '' lunatik run test/hello false
lunatik stop test/hello
gives "--run, as 3.0 did" 0 '^hello$' '' lunatik --run test/hello
gives "--stop, as 3.0 did" 0 '' '' lunatik --stop test/hello
gives "a memory cap" 0 '^hello$' '' lunatik run test/hello --maxalloc 1M
gives "list shows the cap" 0 '/1M ' '' lunatik list
lunatik stop test/hello
install_script spawned <<'EOF'
local linux = require("linux")
return function()
	while true do linux.schedule(1000) end
end
EOF
gives "spawn" 0 '' '' lunatik spawn test/spawned
ok "its thread runs" within 5 is_state test/spawned running
like "a kernel thread has its name" "$(cat /proc/[0-9]*/comm 2>/dev/null | grep -x spawned)" spawned
before=$(now)
gives "stop a thread that sleeps" 0 '' '' lunatik stop test/spawned
faster "at once" 3000 "$before"
is "the thread is gone" "$(cat /proc/[0-9]*/comm 2>/dev/null | grep -cx spawned)" 0
gives "status" 0 'MODULE +VERSION +USED.lunatik +[0-9.]+ +' '' lunatik status
gives "load again" 0 '' 'loaded already' lunatik load
gives "load again, quietly" 0 '' '' lunatik -q load
gives "help" 0 'Usage|usage' '' lunatik --help
gives "version" 0 '^lunatik [0-9.]+ \(protocol 1\)' '' lunatik --version
printf '#!%s run\nprint("a program", ...)\n' "$(command -v lunatik)" >program && chmod +x program
gives "a script that is a program" 0 '^a program$' '' ./program
lunatik stop program

# -- another network namespace, whose runtimes are its own

ip netns add blue
gives "run there" 0 '^hello' '' lunatik run test/hello --netns blue
gives "list does not show it here" 0 '' '^no runtime is running$' lunatik list
gives "nor is it to be stopped here" 6 '' 'is not running.hint: lunatik list shows' lunatik stop test/hello
gives "list there" 0 'test/hello +process +ready' '' lunatik list --netns blue
gives "its names" 0 '^test/hello$' '' bash -c 'lunatik list -0 --netns blue | tr "\0" "\n"'
gives "list in it" 0 'test/hello +process +ready' '' ip netns exec blue lunatik list
gives "by its path" 0 'test/hello +process +ready' '' lunatik list --netns /run/netns/blue
gives "stats there" 0 '^test/hello.*  netns    [0-9]+' '' lunatik stats test/hello --netns blue
gives "log there" 0 'test/hello: hello.*test/hello: \[started\]' '' lunatik log test/hello --netns blue
gives "restart there" 0 '^hello' '' lunatik restart test/hello --netns blue
gives "top there" 0 'test/hello +process' '' lunatik top -n 1 -d 0.2 --netns blue
gives "a runtime of that name here too" 0 '^hello' '' lunatik run test/hello
gives "again there" 6 '' 'already running.hint: stop it first: sudo lunatik stop --netns blue test/hello' lunatik run test/hello --netns blue
gives "--replace there" 0 '^hello' '' lunatik run test/hello --replace --netns blue
gives "stop here" 0 '' '' lunatik stop test/hello
gives "stop there" 0 '' '' lunatik stop --netns blue -- test/hello
gives "what does not run there" 6 '' 'is not running.hint: lunatik list --netns blue shows what runs' lunatik stop test/hello --netns blue
gives "a list that is empty there" 0 '' "^no runtime is running in the network namespace 'blue'$" lunatik list --netns blue
gives "stats of nothing there" 0 '' "^no runtime is running in the network namespace 'blue'$" lunatik stats --netns blue
gives "an empty list in it" 0 '' '^no runtime is running in this network namespace$' ip netns exec blue lunatik list
gives "code there" 0 '' '' lunatik run --netns blue -e 'require("fib").newrule(100, 7777)'
is "works on its network" "$(ip -n blue rule list priority 7777 | grep -c 'lookup 100')" 1
is "and not on this" "$(ip rule list priority 7777)" ""
gives "spawn there" 0 '' '' lunatik spawn test/spawned --netns blue
gives "which is not here" 0 '' '^no runtime is running$' lunatik list
gives "stop of a thread there" 0 '' '' lunatik stop test/spawned --netns blue
gives "no such namespace" 6 '' "^lunatik: no network namespace 'red': .*hint: ip netns list shows them" lunatik list --netns red
gives "no namespace at all" 2 '' "^lunatik: cannot enter the network namespace '/dev/null'" lunatik list --netns /dev/null
gives "no permission for it" 4 '' "^lunatik: .*'blue'.*hint: run it as root" su nobody -s /bin/sh -c 'lunatik list --netns blue'
gives "--netns for check" 2 '' '^lunatik: .*--netns' lunatik check test/hello --netns blue
ip netns del blue

# -- wrong uses of the command

gives "no such verb" 2 '' "^lunatik: there is no verb 'start'.hint: " lunatik start
gives "no such option" 2 '' '^lunatik: .*--nosuch' lunatik run test/hello --nosuch
gives "run without a script" 2 '' '^lunatik: run needs a script.hint: ' lunatik run
gives "stop without a name" 2 '' '^lunatik: stop needs the name' lunatik stop
gives "an empty name" 2 '' '^lunatik: ' lunatik run -e 1 --name ''
gives "no such context" 2 '' "^lunatik: 'irq' is not a context" lunatik run test/hello irq
for bytes in 0 -1 x 1X 1.5M '' 99999999999999999999G 18446744073709551616; do
	gives "--maxalloc '$bytes'" 2 '' '^lunatik: .*maxalloc' lunatik run test/hello --maxalloc="$bytes"
done
for seconds in 0 -1 x '' 1s nan; do
	gives "--timeout '$seconds'" 2 '' '^lunatik: .*timeout' lunatik run test/hello --timeout="$seconds"
done
gives "spawn of -e without a name" 2 '' '^lunatik: spawn needs --name' lunatik spawn -e 'return print'
gives "a cap for a runtime without a name" 2 '' 'needs a name' lunatik run -e 1 --maxalloc 1M
gives "arguments of stop" 2 '' '^lunatik: stop takes no arguments' lunatik stop test/hello -- x
gives "arguments of list" 2 '' '^lunatik: list takes no arguments' lunatik list -- x
gives "too many words" 2 '' '^lunatik: ' lunatik run test/hello process softirq hardirq
gives "65 arguments" 2 '' '^lunatik: too many script arguments' lunatik run test/hello -- $(seq 65)
gives "64 arguments" 0 '^64$' '' lunatik run -e 'return select("#", ...)' -- $(seq 64)

for json in -jq -qj --json=true --json=1 --json=on '--json=false --json'; do
	# shellcheck disable=SC2086 # some are two words
	gives "$json is JSON" 0 '^\{.  "status": 0,.  "runtimes"' '' lunatik $json list
	# shellcheck disable=SC2086
	gives "$json: so is an error" 2 "\"message\": \"there is no verb 'start'\"" '' lunatik $json start
done
gives "-jV" 0 '"version": ' '' lunatik -jV
gives "--json=false is none" 0 '' 'no runtime' lunatik --json=false list
for words in 'top -n 0' 'monitor --bad' 'log -f --bad' 'log -f a b' 'top --bad'; do
	# shellcheck disable=SC2086
	gives "wrong words of a verb that answers in lines: $words" 2 '^\{"status":2,"error":[^
]*\}$' '' lunatik -j $words
done

# -- permission

gives "nobody: list" 4 '' '^lunatik: .*hint: .*root' su nobody -s /bin/sh -c 'lunatik list'
gives "nobody: run" 4 '' '^lunatik: ' su nobody -s /bin/sh -c 'lunatik run -e 1'
gives "nobody: unload" 4 '' '^lunatik: ' su nobody -s /bin/sh -c 'lunatik unload'
gives "nobody: status" 0 '^MODULE' '' su nobody -s /bin/sh -c 'lunatik status'
gives "root of another user namespace" 4 '' '^lunatik: ' unshare -Ur lunatik list
gives "root without CAP_SYS_ADMIN" 4 '' '^lunatik: ' setpriv --bounding-set -sys_admin --inh-caps -sys_admin lunatik list
is "the device file is root's alone" "$(stat -c '%a %U' /dev/lunatik)" '600 root'
chmod 666 /dev/lunatik
gives "nobody, when the file's mode allows it" 4 '' '^lunatik: ' su nobody -s /bin/sh -c 'lunatik list'
chmod 600 /dev/lunatik

# -- without the module

gives "unload while a runtime is there" 0 '' '' bash -c 'lunatik run test/hello >/dev/null && lunatik unload'
ok "nothing of it is loaded" bash -c '! ls /sys/module | grep -q lunatik'
gives "status without the module" 3 '' '^lunatik: the kernel module is not loaded.hint: sudo lunatik load' lunatik status
gives "list without the module" 3 '' 'not loaded' lunatik list
gives "stop without the module" 3 '' 'not loaded' lunatik stop x
gives "unload without the module" 3 '' 'not loaded' lunatik unload
gives "restart without the module" 3 '' 'not loaded' lunatik restart test/hello
gives "nobody: run without the module" 3 '' 'not loaded' su nobody -s /bin/sh -c 'lunatik run -e 1'
gives "nobody: load" 4 '' '^lunatik: .*hint: sudo' su nobody -s /bin/sh -c 'lunatik load'
gives "run loads it, and says so" 0 '^1$' '^lunatik: loading the kernel module$' lunatik run -e 1
mv /dev/lunatik /dev/lunatik-away
gives "no device file" 3 '' '^lunatik: the kernel module is loaded, but /dev/lunatik is not' lunatik list
touch /dev/lunatik
gives "a file that is no device" 3 '' '^lunatik: ' timeout 5 lunatik list
rm /dev/lunatik
mv /dev/lunatik-away /dev/lunatik
gives "reload" 0 '' '' lunatik reload
exec 8<>/dev/lunatik
lunatik run -e 'x = 1' --name stays
gives "unload while the device is open" 1 '' '^lunatik: lunatik is in use: /dev/lunatik is open in [0-9]+ \(bash\).*.hint: nothing was stopped; .*: [0-9]+ \(bash\)' lunatik unload
gives "and reload" 1 '' 'lunatik is in use: .*nothing was stopped' lunatik reload
gives "in JSON" 1 '"message": "lunatik is in use: ' '' lunatik -j unload
ok "what ran goes on" is_state stays ready
exec 8>&-
gives "unload when it is closed" 0 '' '' lunatik unload
gives "load" 0 '' '' lunatik load
finish
