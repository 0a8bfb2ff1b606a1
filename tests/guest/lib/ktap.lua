-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- What a suite written in Lua reports its tests with; ktap.finish() is its last word.

local ktap = {}
local number, failed = 0, 0

local function show(value)
	return type(value) == "string" and ("%q"):format(value):gsub("\n", "n") or tostring(value)
end

function ktap.ok(name, good, ...)
	number = number + 1
	if not good then
		failed = failed + 1
		for _, line in ipairs { ... } do print("# " .. line) end
	end
	print((good and "ok " or "not ok ") .. number .. " - " .. name)
end

function ktap.is(name, got, wanted)
	ktap.ok(name, rawequal(got, wanted), "got    " .. show(got), "wanted " .. show(wanted))
end

-- The function raises, and the message contains each of the given pieces.
function ktap.raises(name, pieces, f, ...)
	local success, message = pcall(f, ...)
	local good = not success and type(message) == "string"
	for _, piece in ipairs(type(pieces) == "table" and pieces or { pieces }) do
		good = good and message:find(piece, 1, true)
		pieces = type(pieces) == "table" and table.concat(pieces, ", ") or pieces
	end
	ktap.ok(name, good, "got    " .. (success and "no error: " or "") .. show(message), "wanted " .. show(pieces))
end

-- A value of every type, by what messages call it.
ktap.values = {
	["nil"] = function() return nil end,
	boolean = function() return true end,
	number = function() return 1 end,
	string = function() return "x" end,
	table = function() return {} end,
	["function"] = function() return print end,
	thread = function() return coroutine.create(print) end,
	data = function() return require("data").new(1) end,
}

-- Calls f(...) with a value of each type but the accepted ones in the place of argument `at`: each time the error says
-- which argument of which type it is. A method's receiver is not counted.
function ktap.wrong_types(name, accepted, expected, at, f, ...)
	local good = table.pack(...)
	for type_name, make in pairs(ktap.values) do
		if not accepted:find(type_name, 1, true) then
			local arguments = table.move(good, 1, good.n, 1, {})
			arguments[at] = make()
			ktap.raises(("%s: argument %d is a %s"):format(name, at, type_name), { "bad argument #" .. at,
				expected .. " expected, got " .. type_name }, f, table.unpack(arguments, 1, math.max(good.n, at)))
		end
	end
end

function ktap.finish()
	print("1.." .. number)
	if failed > 0 then error(failed .. " of " .. number .. " tests failed", 0) end
end

return ktap
