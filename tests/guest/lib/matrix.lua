-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- Every wrong use of every function and method of a library, from its table: what matrix.py reads out of the module.

local ktap = require("test/ktap")
local objects = require("test/objects")

local matrix = {}

local function nothing() end

-- A value of each type; what it is called in messages.
local values = {
	["nil"] = function() return nil end,
	boolean = function() return true end,
	number = function() return 1 end,
	string = function() return "x" end,
	table = function() return {} end,
	["function"] = function() return nothing end,
	thread = function() return coroutine.create(nothing) end,
	data = function() return require("data").new(1) end,
}

-- By kind: what messages expect, and the types that are accepted.
local kinds = {
	boolean = { "boolean", "nil boolean number string table function thread data" },
	integer = { "number", "number" },
	buffer = { "number", "number" },
	string = { "string", "string number" },
	symbol = { "string", "string number" },
	["function"] = { "function", "function" },
	table = { "table", "table" },
	object = { "object", "data" },
	any = { "value", "nil boolean number string data" },
}

-- A value that the parameter takes; small, so that nothing waits.
local function fitting(parameter)
	if parameter.kind == "integer" or parameter.kind == "buffer" then
		return (parameter.minimum > 1 or parameter.maximum < 1) and parameter.minimum or 1
	elseif parameter.kind == "object" then
		return objects[parameter.class or "data"].make()
	elseif parameter.kind == "table" then
		return {}
	elseif parameter.kind == "function" then
		return nothing
	elseif parameter.kind == "boolean" then
		return true
	end
	return "x"
end

-- Arguments that fit, up to and without parameter `last`: fields go into the table before them.
local function arguments_before(parameters, last)
	local arguments, holder = { n = 0 }, nil
	for i = 1, last - 1 do
		local value = fitting(parameters[i])
		if parameters[i].field then
			holder[parameters[i].field] = value
		else
			arguments.n = arguments.n + 1
			arguments[arguments.n] = value
			holder = type(value) == "table" and value or holder
		end
	end
	return arguments, holder
end

-- Calls f with a bad value as parameter `at`.
local function with(f, receiver, parameters, at, value)
	local arguments, holder = arguments_before(parameters, at)
	if parameters[at].field then
		holder[parameters[at].field] = value
	else
		arguments.n = arguments.n + 1
		arguments[arguments.n] = value
	end
	if receiver ~= nil then
		return f(receiver, table.unpack(arguments, 1, arguments.n))
	end
	return f(table.unpack(arguments, 1, arguments.n))
end

-- Each parameter gets a value of each type it does not take, and numbers out of its range.
local function wrong_arguments(what, f, make, parameters)
	for at, parameter in ipairs(parameters) do
		local expected, accepted = table.unpack(kinds[parameter.kind])
		expected = parameter.kind == "object" and parameter.class or expected
		if parameter.class and parameter.class ~= "data" then
			accepted = ""
		end
		local place = parameter.field and ("bad field '%s' in argument #"):format(parameter.field) or "bad argument #"
		local function try(name, pieces, value)
			local receiver
			if make then
				receiver = make()
			end
			ktap.raises(("%s, argument %d: %s"):format(what, at, name), pieces, with, f, receiver, parameters, at, value)
		end
		for name, value in pairs(values) do
			local taken = (" " .. accepted .. " "):find(" " .. name .. " ", 1, true) or (name == "nil" and parameter.optional)
			if not taken then
				try("a " .. name, { place, expected, " expected, got " .. name }, value())
			end
		end
		if parameter.kind == "integer" or parameter.kind == "buffer" then
			if parameter.minimum > math.mininteger then
				try("too small", { place, "out of range" }, parameter.minimum - 1)
			end
			if parameter.maximum < math.maxinteger then
				try("too large", { place, "out of range" }, parameter.maximum + 1)
			end
			try("text", { place, "number expected, got string" }, "1x")
		end
	end
end

local function close(object)
	local closing <close> = object
end

-- Receivers that are none.
local function wrong_receivers(what, class, name, make, stops)
	local object <close> = make()
	local method = object[name]
	ktap.ok(what .. " is there", type(method) == "function", type(method))
	ktap.raises(what .. " without a receiver", { "bad argument #1", class .. " expected, got no value" }, method)
	for type_name, value in pairs(values) do
		if type_name ~= class then
			ktap.raises(what .. " of a " .. type_name, { "bad argument #1", class .. " expected, got " .. type_name }, method, value())
		end
	end
	if class == "data" then
		local other <close> = require("completion").new()
		ktap.raises(what .. " of a completion", "data expected, got completion", method, other)
	end
	local closed = make()
	close(closed)
	if not stops then
		ktap.raises(what .. " of a closed object", "EBADF", method, closed)
	else
		pcall(method, closed)
		ktap.ok(what .. " of a closed object does no harm", true)
	end
end

-- In a process runtime, or in the body of one of the class' context.
function matrix.wrong_uses(library)
	local lib = require(library.name)
	for _, f in ipairs(library.functions) do
		if f.context == library.context then
			wrong_arguments(library.name .. "." .. f.name, lib[f.name], nil, f.parameters)
		end
	end
	for class, methods in pairs(library.classes) do
		local recipe = objects[class]
		ktap.ok(class .. ": its objects are known to tests/guest/lib/objects.lua", recipe)
		if recipe and recipe.make and (recipe.context or "process") == library.context then
			for _, f in ipairs(methods) do
				local what = class .. ":" .. f.name
				wrong_receivers(what, class, f.name, recipe.make, f.stops)
				local object <close> = recipe.make()
				wrong_arguments(what, object[f.name], recipe.make, f.parameters)
			end
		end
	end
end

-- Where the kernel does not wait: what may sleep says so, and names the context. Objects come from where they can be made.
function matrix.atomic(library, context, made)
	local lib = require(library.name)
	for _, f in ipairs(library.functions) do
		if f.sleeps then
			ktap.raises(("%s.%s in a %s runtime"):format(library.name, f.name, context), { f.name, "may sleep", context },
				lib[f.name])
		end
	end
	for class, methods in pairs(library.classes) do
		for _, f in ipairs(methods) do
			-- The method is found through an object of the class, if there can be one here.
			local method = made[class] and made[class][f.name]
			if f.sleeps and method then
				ktap.raises(("%s:%s in a %s runtime"):format(class, f.name, context), { f.name, "may sleep", context }, method, made[class])
			end
		end
	end
end

-- Calls every method of an object that another runtime has made, whatever comes of it.
function matrix.use(object, methods)
	for _, f in ipairs(methods) do
		pcall(function()
			with(object[f.name], object, { table.unpack(f.parameters), { kind = "any" } }, #f.parameters + 1, 1)
		end)
	end
end

return matrix
