-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- spyglass: /dev/spyglass says which keys were typed on the console. Run it with `lunatik run examples/spyglass`.
--
--	tail -f /dev/spyglass
--	echo enable=false >/dev/spyglass; echo enable=true >/dev/spyglass
--	echo net=127.0.0.1:1337 >/dev/spyglass    -- what is read from now on is sent there as well, by UDP

local data = require("data")
local device = require("device")
local lunatik = require("lunatik")
local inet = require("socket.inet")
local stat = require("linux").stat

-- Shared with the keyboard's runtime (examples/spyglass/keys.lua): a ring of bytes that is written there and read here.
local HEAD, ENABLED, RING, SIZE = 0, 8, 16, 4096
local shared = data.new(RING + SIZE)
local keys = lunatik.runtime("examples/spyglass/keys", "hardirq")

local NAMES = { [0] = "nul", "soh", "stx", "etx", "eot", "enq", "ack", "bel", "bs", "ht", "nl", "vt", "np", "cr", "so", "si", "dle",
	"dc1", "dc2", "dc3", "dc4", "nak", "syn", "etb", "can", "em", "sub", "esc", "fs", "gs", "rs", "us", [127] = "del" }

local function show(byte)
	return NAMES[byte] and "<" .. NAMES[byte] .. ">" or string.char(byte)
end

local spyglass = { name = "spyglass", mode = stat.IRUSR | stat.IWUSR }
local tail = 0
local rest = ""
local peer

-- What was typed since the last read; nothing more yet is the end of the file, and `tail -f` asks again.
function spyglass:read(length)
	local head = shared:getint64(HEAD)
	if head - tail > SIZE then tail = head - SIZE end
	local fresh = {}
	while tail < head do
		fresh[#fresh + 1] = show(shared:getuint8(RING + tail % SIZE))
		tail = tail + 1
	end
	local text = table.concat(fresh)
	-- Nobody may be there; what was typed is read all the same.
	if peer and text ~= "" then pcall(peer.send, peer, text) end
	rest = rest .. text
	local piece = rest:sub(1, length)
	rest = rest:sub(length + 1)
	return piece
end

local function connect(where)
	local host, port = where:match("^([%d.]+):(%d+)$")
	local other = inet.udp()
	-- Here, so that whoever writes what is no address is told.
	if not host or not pcall(other.connect, other, host, math.tointeger(port)) then
		other:close()
		error("net=ADDRESS:PORT expected")
	end
	if peer then peer:close() end
	peer = other
end

function spyglass:write(text)
	for word in text:gmatch("%S+") do
		local key, value = word:match("^(%w+)=(.+)$")
		if key == "enable" and (value == "true" or value == "false") then
			shared:setbyte(ENABLED, value == "true" and 1 or 0)
		elseif key == "net" then
			connect(value)
		else
			error("enable=true, enable=false or net=ADDRESS:PORT expected")
		end
	end
end

shared:setbyte(ENABLED, 1)
keys:resume(shared)
device.new(spyglass)
