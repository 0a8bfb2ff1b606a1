#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: core timeout=200
#
# require of Lua files and of kernel modules, loadfile and dofile.

# shellcheck source=tests/guest/lib/guest.sh
. "$(dirname "$0")/lib/guest.sh"

install_script mod_ok <<<'local name, path = ... return { name = name, path = path, count = 0 }'
install_script mod_nothing <<<'local nothing = 1'
install_script mod_false <<<'return false'
install_script mod_syntax <<<'local = 1'
install_script mod_error <<<'error("raised by the module")'
install_script mod_table_error <<<'error({})'
install_script mod_self <<<'return require("test.mod_self")'
install_script mod_self_swallow <<<'local success, message = pcall(require, "test.mod_self_swallow") return { success, message }'
install_script mod_a <<<'return require("test.mod_b")'
install_script mod_b <<<'return require("test.mod_c")'
install_script mod_c <<<'return require("test.mod_a")'
install_script mod_sets <<<'package.loaded["test.mod_sets"] = "set by itself"'
install_script mod_yield <<<'coroutine.yield(1) return "resumed"'
install_script mod_values <<<'return 1, "two", nil'
install_script mod_environment <<<'x = 1 return _ENV'
install_script mod_stop <<<'return { n = (package.loaded["test.counter"] or 0) }'
printf '\xef\xbb\xbf#!/usr/sbin/lunatik run\nreturn debug.getinfo(1, "l").currentline' | install_script mod_shebang
printf '\x1bLua\x54\x00\x19\x93\r\n\x1a\n\x04\x08\x08' | install_script mod_binary
: | install_script mod_empty
head -c 1048576 /dev/zero | tr '\0' ' ' | sed 's/$/return "large"/' | install_script mod_large
mkdir -p $scripts/mod_package $scripts/mod_directory.lua
echo 'return "from init.lua"' >$scripts/mod_package/init.lua
mkfifo $scripts/mod_fifo.lua
ln -s /dev/zero $scripts/mod_zero.lua
ln -s nowhere $scripts/mod_dangling.lua
ln -s mod_link.lua $scripts/mod_link.lua

# Kernel modules load when they are asked for, and stay while a runtime uses them.
references()
{
	cat "/sys/module/$1/refcnt" 2>/dev/null || echo none
}
is "lunatik_data is not loaded at first" "$(references lunatik_data)" none
gives "a script requires it" 0 '' '' lunatik run -e 'data = require("data")' --name uses_data
like "now it is loaded" "$(references lunatik_data)" '^[1-9]'
gives "it cannot be removed" 1 '' 'in use' rmmod lunatik_data
gives "nor can lunatik" 1 '' 'in use' rmmod lunatik
before=$(references lunatik_data)
gives "a second script requires it" 0 '' '' lunatik run -e 'for i = 1, 5 do require("data") end' --name uses_data_too
ok "that is one user more" test "$(references lunatik_data)" -gt "$before"
lunatik stop uses_data_too
is "and one less when it stops" "$(references lunatik_data)" "$before"
lunatik stop uses_data
ok "nobody uses it then" within 5 test "$(references lunatik_data)" = 0
gives "it can be removed" 0 '' '' rmmod lunatik_data
gives "and comes back" 0 '^8' '' lunatik run -e 'return #require("data").new(8)'
gives "a script that fails does not keep what it required" 1 '' 'on purpose' lunatik run -e 'require("data") error("on purpose")' --name fails
ok "so that it can be removed" within 5 rmmod lunatik_data
gives "an object in the shared table" 0 '' '' lunatik run -e 'require("lunatik")._ENV.kept = require("data").new(4)'
gives "keeps its module" 1 '' 'in use' rmmod lunatik_data
gives "and is the same in another runtime" 0 '^4' '' lunatik run -e 'return #require("lunatik")._ENV.kept'
gives "until it is taken out" 0 '' '' lunatik run -e 'require("lunatik")._ENV.kept = nil'
ok "then it can be removed" within 5 rmmod lunatik_data
lua_suite require
finish
