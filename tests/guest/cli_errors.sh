#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: timeout=300
#
# Scripts that are missing, broken, too large or too slow: what the command line says of them, and its exit status.

# shellcheck source=tests/guest/lib/guest.sh
. "$(dirname "$0")/lib/guest.sh"
cd "$work" || exit 1

install_script hello <<<'print("hello", ...) return 5'
echo 'print("from a file", ...)' >hello.lua

# -- scripts that are missing, broken, or in the way

gives "a script there is none of" 6 '' '^lunatik: no script /lib/modules/lua/test/nosuch\.lua.hint: ' lunatik run test/nosuch
gives "a file there is none of" 6 '' '^lunatik: there is no file \./nosuch\.lua.hint: ' lunatik run ./nosuch.lua
gives "a directory" 6 '' '^lunatik: ' lunatik run ./
gives "a script that is a directory" 6 '' '^lunatik: ' bash -c "mkdir -p $scripts/folder.lua; lunatik run test/folder"
gives ".. in a name" 2 '' "^lunatik: 'test/\.\./test/hello' is no script name" lunatik run test/../test/hello
gives "a file behind .. there is none of" 6 '' '^lunatik: there is no file' lunatik run ../nosuch/x
gives "a name that is too long" 2 '' '^lunatik: ' lunatik run "test/$(head -c 300 /dev/zero | tr '\0' x)"
gives "a name of control characters" 2 '' "^lunatik: 'test/a\?b' is no script name" lunatik run $'test/a\nb'
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
gives "spawn of a script that returns no function" 1 '^hello$' "^lunatik: 'test/hello' returned no function" lunatik spawn test/hello
gives "it does not stay" 0 '' 'no runtime' lunatik list
install_script hook <<<'require("netfilter").register({})'
gives "a script for another context" 1 '' "needs a softirq runtime, this one is process.*hint: .*lunatik run test/hook softirq" lunatik run test/hook
gives "code for another context" 1 '' 'hint: .*lunatik run --name NAME -e CODE softirq' lunatik run -e 'require("netfilter").register({})'
gives "a name of a state that is too long" 2 '' 'a name has 1 to 255 bytes' lunatik state create "$(head -c 256 /dev/zero | tr '\0' x)"

printf 'local x = 1\nlocal = 2\n' >syntax.lua
cp syntax.lua $scripts/syntax.lua
gives "a syntax error" 1 '' "^lunatik: /lib/modules/lua/test/syntax.lua:2: <name> expected near '='" lunatik run test/syntax
gives "a syntax error in a file" 1 '' '^lunatik: \./syntax\.lua:2: <name> expected near [^ ]*$' lunatik run ./syntax.lua
printf '\x1bLua\x54\x00' >binary.lua
gives "a binary chunk is named" 1 '' '^lunatik: \./binary\.lua: .*binary chunk' lunatik run ./binary.lua
{ printf 'return '; head -c 10000 /dev/zero | tr '\0' '('; echo 1; } >nested.lua
gives "10000 parentheses are named" 1 '' '^lunatik: \./nested\.lua: .*overflow' lunatik run ./nested.lua
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
gives "a binary chunk in a file" 1 '' 'binary chunk' bash -c 'printf "\033Lua\x54\x00" >b.lua; lunatik run ./b.lua'
gives "a binary chunk in standard input" 1 '' 'binary chunk' bash -c 'printf "\033Lua\x54\x00" | lunatik run -'
gives "an installed binary chunk" 1 '' 'binary chunk' bash -c "cp b.lua $scripts/binary.lua; lunatik run test/binary"
gives "a line of a MiB" 0 '^1048576$' '' bash -c '{ printf "print(#\""; head -c 1048576 /dev/zero | tr "\0" x; printf "\")"; } | lunatik run -'
gives "a line of a MiB of operators" 0 '^ok$' '' bash -c '{ printf "local x = 0"; yes " + 1" | head -n 200000 | tr -d "\n"; echo " print(\"ok\")"; } | lunatik run -'
gives "10000 parentheses" 1 '' '^lunatik: .*overflow' bash -c '{ printf "return "; yes "(" | head -n 10000 | tr -d "\n"; } | lunatik run -'
gives "10000 braces" 1 '' '^lunatik: .*overflow' bash -c '{ printf "return "; yes "{" | head -n 10000 | tr -d "\n"; } | lunatik run -'
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

finish
