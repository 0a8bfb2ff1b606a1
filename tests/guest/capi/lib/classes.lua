-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Classes in C, used rightly and wrongly.

local ktap = require("test.ktap")
local capi = require("capi")
local functions = require("capifunctions")
local data = require("data")

local is, ok, raises = ktap.is, ktap.ok, ktap.raises

-- methods

local thing = capi.thing(5)
is("a method", thing:get(), 5)
thing:set(6)
is("another", thing:get(), 6)
is("a method with another object", thing:plus(capi.thing(4)), 10)
raises("a method that raises", "from a method", thing.raise, thing)
is("and one that does not", thing:get(), 6)
raises("an error of an argument", "bad argument #1 to 'set' (number expected, got string)", function() capi.plain(1):set("x") end)
raises("of a monitored method", "(number expected, got string)", function() thing:set("x") end)
raises("what the checker says itself", "unlucky", capi.thing(13).get, capi.thing(13))
is("an object's type", type(thing), "userdata")
ok("an object's name", tostring(thing):match("^capi: "))
is("the metatable is its own", getmetatable(thing), false)

-- receivers that are none

raises("a method without self", "object expected, got no value", thing.get)
for name, make in pairs(ktap.values) do
	if name ~= "data" then
		raises("a method of a " .. name, "object expected, got " .. name, thing.get, make())
	end
end
raises("a method of an object of another library", "capi expected, got data", thing.get, data.new(8))
raises("a method of an object of another class of the library", "capi expected, got plain", thing.get, capi.plain(1))
raises("and the other way round", "plain expected, got capi", capi.plain(1).get, thing)
raises("a method of another class", "plain expected, got capi", capi.plain(1).get, thing)
raises("of a class of the same name", "capi expected, got capi", thing.get, capi.hard(1))
raises("closing an object of another class", "capi expected, got plain", thing.close, capi.plain(1))
raises("another object that is none", "object expected, got nil", thing.plus, thing, nil)
raises("another object of another library", "capi expected, got data", thing.plus, thing, data.new(8))
is("another object of another class of the library", thing:plus(capi.plain(1)), 7)
raises("data's method of a thing", "data expected, got capi", data.new(8).getbyte, thing, 0)

-- functions of the library

is("a library function takes each of its classes", capi.value(capi.plain(3)) + capi.value(thing), 9)
raises("but nothing else", "expected, got data", capi.value, data.new(8))
is("lunatik_checkclass", capi.exact(capi.plain(3)), 3)
raises("takes one class", "plain expected, got capi", capi.exact, thing)
raises("and open objects", "EBADF", function() local p = capi.plain(1) p:close() capi.exact(p) end)
is("lunatik_checkobject takes objects of any library", capi.any_object(data.new(8)), true)
raises("and nothing else", "object expected, got number", capi.any_object, 5)
is("lunatik_toobject of an object", capi.is_object(thing), true)
is("lunatik_toobject of a number", capi.is_object(5), false)
is("lunatik_toobject of nothing", capi.is_object(), false)
is("lunatik_toobject of a file-like userdata", capi.is_object(io), false)
is("a library without classes", functions.twice(4), 4)
raises("whose functions know no class", "which class this function takes is not known", functions.value, thing)

-- use after close

local closed = capi.thing(1)
is("close", select("#", closed:close()), 0)
raises("a method of a closed object", "EBADF", closed.get, closed)
is("close again", select("#", closed:close()), 0)
is("a method that takes closed objects", select("#", closed:set(1)), 0)
raises("a closed object as another argument", "EBADF", thing.plus, thing, closed)
local kept
do
	local scoped <close> = capi.thing(2)
	kept = scoped
	is("an open object in its scope", scoped:get(), 2)
end
raises("and after it", "EBADF", kept.get, kept)
local stops = capi.stopped()
local stopping = capi.stopping(1)
stopping:close()
is("closing calls stop", capi.stopped() - stops, 1)
stopping:close()
is("once", capi.stopped() - stops, 1)
raises("a stopped object", "EBADF", stopping.get, stopping)
stopping = nil
collectgarbage()
is("collecting it does not stop it again", capi.stopped() - stops, 1)
stopping = capi.stopping(1)
stopping = nil
collectgarbage()
collectgarbage()
is("collecting stops what is open", capi.stopped() - stops, 2)
local resurrected
do
	local dying = capi.thing(3)
	setmetatable({}, { __gc = function() resurrected = dying end })
end
collectgarbage()
collectgarbage()
raises("an object that was finalized", "EBADF", resurrected.get, resurrected)

-- release

collectgarbage()
collectgarbage()
local before = capi.released()
for i = 1, 100 do capi.thing(i) end
collectgarbage()
collectgarbage()
is("garbage is released, each object once", capi.released() - before, 100)

-- kinds

is("methods of a monitored class run under the lock", thing:monitored(), true)
is("not those of a single object", capi.single(1):monitored(), false)
is("nor those of a class that is not", capi.plain(1):monitored(), false)
is("an object that is monitored though its class is not", capi.monitored(1):get(), 1)
raises("a monitored method that raises leaves the lock", "from a method", thing.raise, thing)
is("so another may take it", thing:get(), 6)
is("a monitored method that calls back", thing:call(function() return thing:get() end), 6)
raises("and what that raises", "from inside", thing.call, thing, function() error("from inside") end)
collectgarbage("stop")
thing:get()
is("a collector that was stopped stays so", collectgarbage("isrunning"), false)
collectgarbage("restart")

local external = capi.external()
is("external private data", external:get(), 99)
raises("and its absence", "EBADF", external.get, capi.external(true))

is("the object that the module made itself", capi.shared():get(), 0)
capi.shared():set(17)
is("is one", capi.shared():get(), 17)
capi.shared():set(0)
raises("a single object of the module's", "cannot leave its runtime", capi.shared_single)

-- contexts

is("the runtime's context", capi.check_runtime(0), true)
raises("is not softirq", "runtime context mismatch: a softirq runtime is needed, this one is process", capi.check_runtime, 1)
raises("nor hardirq", "runtime context mismatch: a hardirq runtime is needed, this one is process", capi.check_runtime, 2)
is("an object for softirqs in a process runtime", capi.soft(1):get(), 1)
is("an object for hard interrupts", capi.hard(1):get(), 1)
is("the class of two with the same name that fits", capi.dual(1):get(), 1)
raises("and the one that does not", "a hardirq runtime is needed", capi.dual_hard)
raises("a class that is in no library", "has no library: luaopen_stranger", capi.stranger)
is("a script is not ready while its body runs", capi.ready(), false)

-- errors

for code, name in pairs { [12] = "ENOMEM", [-12] = "ENOMEM", [-2] = "ENOENT", [-111] = "ECONNREFUSED" } do
	local success, message = pcall(capi.throw, code)
	ok("lunatik_throw " .. code, not success and message == name, tostring(message))
end
raises("lunatik_throw of an unknown error", "error 99999", capi.throw, -99999)
is("lunatik_try", select("#", capi.try(5)), 0)
is("lunatik_try of zero", select("#", capi.try(0)), 0)
raises("lunatik_try of an error", "EPIPE", capi.try, -32)
is("lunatik_tryret", capi.tryret(7), 7)
raises("lunatik_tryret of an error", "EIO", capi.tryret, -5)
is("lunatik_handle", capi.handle(function() return 3 end), 3)
is("lunatik_handle of what raises", capi.handle(function() error("inside lunatik_handle") end), -125)

ktap.finish()
