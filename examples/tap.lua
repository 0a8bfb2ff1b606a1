-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- A sniffer: `lunatik run examples/tap`, then `cat /dev/tap` shows each frame that comes and goes, at every interface of
-- the namespace: destination, source, type, size.

local device = require("device")
local linux = require("linux")
local socket = require("socket")

local ETH_P_ALL = 0x0003
local largest = 65536 + 18

local frames = socket.new(socket.af.PACKET, socket.sock.RAW, linux.hton16(ETH_P_ALL))

local function mac(address)
	return ("%02x:%02x:%02x:%02x:%02x:%02x"):format(address:byte(1, 6))
end

device.new {
	name = "tap",
	mode = linux.stat.IRUSR,
	read = function()
		local frame
		repeat
			frame = frames:receive(largest)
		until #frame >= 14
		return ("%s\t%s\t%04x\t%d\n"):format(mac(frame), mac(frame:sub(7)), (">I2"):unpack(frame, 13), #frame)
	end,
}
