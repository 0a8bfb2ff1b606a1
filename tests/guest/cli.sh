#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: core timeout=100
#
# The command line as its users type it: what it answers, where, and with which exit status.

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

# -- scripts that are missing, broken, or in the way

gives "a script there is none of" 6 '' '^lunatik: no script /lib/modules/lua/test/nosuch\.lua.hint: ' lunatik run test/nosuch
gives "a file there is none of" 6 '' '^lunatik: there is no file \./nosuch\.lua.hint: ' lunatik run ./nosuch.lua
gives "a directory" 6 '' '^lunatik: ' lunatik run ./
gives "a script that is a directory" 6 '' '^lunatik: ' bash -c "mkdir -p $scripts/folder.lua; lunatik run test/folder"
gives ".. in a name" 2 '' "^lunatik: 'test/\.\./test/hello' is no script name" lunatik run test/../test/hello
gives "a file behind .. there is none of" 6 '' '^lunatik: there is no file' lunatik run ../nosuch/x
gives "a name that is too long" 2 '' '^lunatik: ' lunatik run "test/$(head -c 300 /dev/zero | tr '\0' x)"
gives "a name of control characters" 2 '' '^lunatik: ' lunatik run $'test/a\nb'
gives "a name with a slash at its end" 2 '' '^lunatik: ' lunatik run -e 1 --name 'a/'
gives "run it" 0 '^hello$' '' lunatik run test/hello
gives "run it twice" 6 '' "^lunatik: 'test/hello' is already running.hint: .*lunatik stop test/hello" lunatik run test/hello
gives "the first one is still there" 0 'test/hello +process +ready' '' lunatik list
gives "spawn it as well" 6 '' "already running" lunatik spawn test/hello
lunatik stop test/hello
gives "stop what does not run" 6 '' "^lunatik: '?test/hello'? is not running.hint: " lunatik stop test/hello
gives "stop what never was" 6 '' 'is not running' lunatik stop '..'
gives "restart what does not run" 6 '' 'is not running' lunatik restart test/hello
gives "restart what has no file" 6 '' '^lunatik: .*restart it' bash -c 'lunatik run -e "x = 1" --name nofile; lunatik restart nofile'
gives "it still runs" 0 '' '' lunatik stop nofile
gives "spawn of a script that returns no function" 1 '' '' bash -c 'lunatik spawn test/hello >/dev/null; s=$?; sleep 0.3;
	lunatik list 2>/dev/null | grep -q test/hello && lunatik stop test/hello; exit $((s == 0 ? 1 : s))'

printf 'local x = 1\nlocal = 2\n' >syntax.lua
cp syntax.lua $scripts/syntax.lua
gives "a syntax error" 1 '' "^lunatik: /lib/modules/lua/test/syntax.lua:2: <name> expected near '='" lunatik run test/syntax
gives "a syntax error in a file" 1 '' "^lunatik: syntax(\.lua)?:2: <name> expected near '='" lunatik run ./syntax.lua
gives "a syntax error in -e" 1 '' "^lunatik: \(command line\):1: .* near" lunatik run -e 'x ='
gives "a syntax error in standard input" 1 '' "^lunatik: stdin:2: " bash -c 'lunatik run - <syntax.lua'
gives "nothing is left of them" 0 '' 'no runtime' lunatik list
printf 'local function inner() error("on purpose") end\nlocal function outer() inner() end\nouter()\n' >fails.lua
cp fails.lua $scripts/fails.lua
gives "an error has a traceback" 1 '' \
	'^lunatik: /lib/modules/lua/test/fails.lua:1: on purpose.stack traceback:.*fails.lua:1: in .*inner.*fails.lua:2: in .*fails.lua:3: in main chunk' \
	lunatik run test/fails
gives "an error in -e has one" 1 '' '^lunatik: \(command line\):1: .*stack traceback:.*in main chunk' lunatik run -e 'local x x()'
gives "the traceback is of the error that ended it" 1 '' '^lunatik: real.stack traceback:.\s\[C\]: in function .error.' \
	lunatik run -e 'load(function() error("swallowed") end) error("real", 0)'
gives "an error that is a table" 1 '' '^lunatik: \(error object is a table value\)' lunatik run -e 'error({})'
gives "an error with __tostring" 1 '' '^lunatik: spoken' lunatik run -e 'error(setmetatable({}, { __tostring = function() return "spoken" end }))'
gives "an error whose __tostring raises" 1 '' '^lunatik: ' lunatik run -e 'error(setmetatable({}, { __tostring = function() error("again") end }))'
gives "an error that is nil" 1 '' '^lunatik: ' lunatik run -e 'error()'
gives "an error that is a number" 1 '' '^lunatik: 7' lunatik run -e 'error(7, 0)'
gives "an error of a MiB" 1 '' 'xxxxxxxxxx' lunatik run -e 'error(("x"):rep(1 << 20), 0)'
gives "an error with zeros and control characters" 1 '' '^lunatik: ' lunatik run -e 'error("a\0b\27[31mc", 0)'
gives "a message handler that fails" 0 'false' '' lunatik run -e 'xpcall(error, function() error("again") end)'
gives "a value whose __tostring fails" 1 '' 'bad tostring' lunatik run -e 'setmetatable({}, { __tostring = function() error("bad tostring") end })'
gives "a finalizer that fails" 0 '^done$' '' lunatik run -e 'setmetatable({}, { __gc = function() error("in gc") end }) collectgarbage() print("done")'
gives "a finalizer that fails at the end" 0 '^done$' '' lunatik run -e 'keep = setmetatable({}, { __gc = function() error("in gc") end }) print("done")'
gives "the next command works" 0 '^42$' '' lunatik run -e 42
gives "no function to thread" 1 '' '^lunatik: ' lunatik run -e 'coroutine.yield(1)'
gives "a binary chunk in a file" 1 '' 'precompiled chunks are not supported' bash -c 'printf "\033Lua\x54\x00" >b.lua; lunatik run ./b.lua'
gives "a binary chunk in standard input" 1 '' 'precompiled' bash -c 'printf "\033Lua\x54\x00" | lunatik run -'
gives "an installed binary chunk" 1 '' 'precompiled' bash -c "cp b.lua $scripts/binary.lua; lunatik run test/binary"
gives "a line of a MiB" 0 '^1048576$' '' bash -c '{ printf "print(#\""; head -c 1048576 /dev/zero | tr "\0" x; printf "\")"; } | lunatik run -'
gives "a line of a MiB of operators" 0 '^ok$' '' bash -c '{ printf "local x = 0"; yes " + 1" | head -n 200000 | tr -d "\n"; echo " print(\"ok\")"; } | lunatik run -'
gives "10000 parentheses" 1 '' '^lunatik: stdin:1: .*overflow' bash -c '{ printf "return "; yes "(" | head -n 10000 | tr -d "\n"; } | lunatik run -'
gives "10000 braces" 1 '' '^lunatik: stdin:1: .*overflow' bash -c '{ printf "return "; yes "{" | head -n 10000 | tr -d "\n"; } | lunatik run -'
gives "17 MiB of source" 2 '' '^lunatik: standard input is larger than a script may be' bash -c 'head -c 17825792 /dev/zero | tr "\0" " " | lunatik run -'
gives "15 MiB of source" 0 '^large$' '' bash -c '{ head -c 15728640 /dev/zero | tr "\0" " "; echo "print(\"large\")"; } | lunatik run -'
gives "no end of source" 2 '' 'larger than a script may be' bash -c 'lunatik run - </dev/zero'
gives "source that is no text" 1 '' '^lunatik: ' bash -c 'head -c 100000 /dev/urandom | sed "s/^.Lua//" | lunatik run - 2>&1 >/dev/null | head -c 300 >&2; exit ${PIPESTATUS[2]}'

# -- memory

gives "a script that allocates for ever" 7 '' '^lunatik: not enough memory.*hint: .*--maxalloc' lunatik run -e 'local t = {} while true do t[#t + 1] = ("x"):rep(1000) .. #t end' --name bomb
gives "one that does not have a name" 7 '' '^lunatik: not enough memory' lunatik run -e 'local s = "x" while true do s = s .. s end'
gives "nothing is left of it" 0 '' 'no runtime' lunatik list
gives "a small cap" 7 '' '^lunatik: not enough memory' lunatik run -e 'x = ("x"):rep(1 << 20)' --name small --maxalloc 256K
gives "one byte" 7 '' '^lunatik: not enough memory' lunatik run -e 'x = 1' --name small --maxalloc 1
gives "a large cap" 0 '' '' lunatik run -e 'x = ("x"):rep(100 << 20)' --name large --maxalloc 300M
gives "list shows what it holds" 0 'large +process +ready +10[0-9]\.?[0-9]*M/300M' '' lunatik list
gives "stop gives it back" 0 '' '' lunatik stop large

# -- time

before=$(now)
gives "a timeout" 8 '' '^lunatik: timed out after 0.5 s' lunatik run -e 'while true do end' --timeout 0.5
faster "ends it soon" 3500 "$before"
gives "a timeout that is not reached" 0 '^1$' '' lunatik run -e 1 --timeout 20
gives "a timeout of a runtime with a name" 8 '' 'timed out' lunatik run -e 'while true do end' --name late --timeout 0.5
gives "nothing is left of them" 0 '' 'no runtime' lunatik list

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
gives "unload while the device is open" 1 '' '^lunatik: lunatik is in use: .*hint: /dev/lunatik is held open by [0-9]+ \(bash\)' lunatik unload
exec 8>&-
gives "unload when it is closed" 0 '' '' lunatik unload
gives "load" 0 '' '' lunatik load
finish
