-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The library socket, and socket.inet and socket.unix.

local ktap = require("test.ktap")
local linux = require("linux")
local lunatik = require("lunatik")
local socket = require("socket")
local inet = require("socket.inet")
local unix = require("socket.unix")

local is, ok, raises = ktap.is, ktap.ok, ktap.raises
local af, sock, ipproto, msg, sol, so = socket.af, socket.sock, socket.ipproto, socket.msg, socket.sol, socket.so
local localhost = 0x7f000001

-- The values that a call gives, as one string.
local function all(...)
	local values = table.pack(...)
	for i = 1, values.n do values[i] = tostring(values[i]) end
	return table.concat(values, " ")
end

local function tcp() return socket.new(af.INET, sock.STREAM, ipproto.TCP) end
local function udp() return socket.new(af.INET, sock.DGRAM, ipproto.UDP) end

-- A connection: both ends, and the socket that listened.
local function pair()
	local listener <close> = tcp()
	listener:bind(localhost, 0)
	listener:listen()
	local _, port = listener:getsockname()
	local client = tcp()
	client:connect(localhost, port)
	return client, listener:accept(), port
end

-- new

for name, arguments in pairs {
	["an unknown family"] = { 99, sock.STREAM, wanted = "EAFNOSUPPORT" },
	["a negative family"] = { -1, sock.STREAM, wanted = "EAFNOSUPPORT" },
	["an unknown type"] = { af.INET, 9, wanted = "ESOCKTNOSUPPORT" },
	["an unknown protocol"] = { af.INET, sock.STREAM, ipproto.UDP, wanted = "EPROTONOSUPPORT" },
	["flags that are none"] = { af.INET, sock.STREAM | 1 << 20, wanted = "EINVAL" },
	["a family out of range"] = { 1 << 32, sock.STREAM, wanted = "bad argument #1 to 'socket.new' (out of range)" },
} do
	raises("new: " .. name, arguments.wanted, socket.new, table.unpack(arguments, 1, 3))
end
ktap.wrong_types("new", "number", "number", 1, socket.new, af.INET, sock.STREAM, 0)
ktap.wrong_types("new", "number", "number", 2, socket.new, af.INET, sock.STREAM, 0)
ktap.wrong_types("new", "number nil", "number", 3, socket.new, af.INET, sock.STREAM, 0)
is("the protocol may be left out", pcall(socket.new, af.INET, sock.DGRAM), true)

-- streams

local client, server, port = pair()
is("getpeername", all(client:getpeername()), localhost .. " " .. port)
is("getsockname of the other end", all(server:getsockname()), localhost .. " " .. port)
is("names fit", all(client:getsockname()), all(server:getpeername()))
is("send says how much", client:send("hello"), 5)
is("receive", server:receive(100), "hello")
is("a peer's name is nil where there is none", all((function() client:send("x") return server:receive(9, 0, true) end)()), "x nil")
is("one result without from", select("#", (function() client:send("x") return server:receive(9, 0, false) end)()), 1)
client:send("\0bin\255")
is("PEEK", server:receive(100, msg.PEEK), "\0bin\255")
is("all bytes come", server:receive(100), "\0bin\255")
raises("DONTWAIT", "EAGAIN", server.receive, server, 1, msg.DONTWAIT)
client:send("12345")
is("receive takes no more than asked", server:receive(2), "12")
is("receive(0)", server:receive(0), "")
is("and leaves the rest", server:receive(9), "345")
client:send("discarded")
is("TRUNC of a stream shows no memory that was not filled", server:receive(9, msg.TRUNC), "")
is("send of nothing", client:send(""), 0)
raises("getpeername unconnected", "ENOTCONN", function() tcp():getpeername() end)
raises("receive unconnected", "ENOTCONN", function() tcp():receive(1) end)
raises("send unconnected", "EPIPE", function() tcp():send("x") end)
raises("accept without listen", "EINVAL", function() tcp():accept() end)
raises("connect where nobody listens", "ECONNREFUSED", function() tcp():connect(localhost, 1) end)
client:shutdown(1)
is("receive after the other end's shutdown", server:receive(9), "")
raises("send after shutdown", "EPIPE", client.send, client, "x")
server:send("back")
is("the other way goes on", client:receive(9), "back")
server:setsockopt(sol.SOCKET, so.LINGER, ("i4i4"):pack(1, 0))
server:close()
raises("a reset is an error", "ECONNRESET", client.receive, client, 1)
raises("shutdown's argument", "out of range", client.shutdown, client, 3)
client:close()

do
	local one, other = pair()
	local client <close> = one
	local server <close> = other
	-- More than both buffers hold: send waits for a receiver, which is this very script, so it runs into its time-out.
	server:setsockopt(sol.SOCKET, so.SNDTIMEO, 200)
	server:setsockopt(sol.SOCKET, so.SNDBUF, 1 << 16)
	client:setsockopt(sol.SOCKET, so.RCVBUF, 1 << 16)
	local text = ("0123456789abcdef"):rep(1 << 17)
	local sent = server:send(text)
	ok("a send that times out says how much went", sent > 0 and sent < #text, sent)
	local more, message
	repeat
		more, message = pcall(server.send, server, "0123456789abcdef")
		sent = sent + (more and message or 0)
	until not more or sent > #text
	is("and when nothing goes, EAGAIN", message, "EAGAIN")
	local got = client:receive(sent, msg.WAITALL)
	ok("WAITALL gets all of it", got == text:sub(1, #got) and #got == sent, #got .. " of " .. sent)
	client:setsockopt(sol.SOCKET, so.RCVTIMEO, 100)
	server:send("abc")
	is("WAITALL gives what there is when the time is over", client:receive(10, msg.WAITALL), "abc")
end

-- accept, connect and receive with time limits and without waiting

do
	local listener <close> = tcp()
	listener:bind(localhost, 0)
	listener:listen(1)
	raises("accept(NONBLOCK)", "EAGAIN", listener.accept, listener, sock.NONBLOCK)
	raises("accept with a flag it has not", "EINVAL", listener.accept, listener, 1)
	listener:setsockopt(sol.SOCKET, so.RCVTIMEO, 100)
	local start = linux.time()
	raises("accept times out", "EAGAIN", listener.accept, listener)
	local took = (linux.time() - start) // 1000000
	ok("in its time", took >= 90 and took < 2000, took)
	is("a time-out is read back", listener:getsockopt(sol.SOCKET, so.RCVTIMEO), 100)
	listener:setsockopt(sol.SOCKET, so.RCVTIMEO, 0)
	is("0 is no limit", listener:getsockopt(sol.SOCKET, so.RCVTIMEO), 0)
	for _, option in ipairs { so.RCVTIMEO, so.SNDTIMEO } do
		raises("a negative time", "bad argument #3 to 'setsockopt' (out of range)", listener.setsockopt, listener, sol.SOCKET, option, -5)
	end
	local other <close> = socket.new(af.INET, sock.STREAM | sock.NONBLOCK, 0)
	other:bind(localhost, 0)
	other:listen()
	raises("a socket made with NONBLOCK never waits", "EAGAIN", other.accept, other)
	local _, port = listener:getsockname()
	local client <close> = tcp()
	raises("connect's flags are numbers", "bad argument #3 to 'connect' (number expected, got string)", client.connect, client,
		localhost, port, "x")
	raises("connect knows its flags", "EINVAL", client.connect, client, localhost, port, 1)
	local connected, message = pcall(client.connect, client, localhost, port, sock.NONBLOCK)
	ok("connect(NONBLOCK)", connected or message == "EINPROGRESS", message)
	client:send("x")
	local accepted <close> = listener:accept(sock.NONBLOCK)
	is("accepts what has connected", accepted:receive(1), "x")
	raises("its socket does not wait either", "EAGAIN", accepted.receive, accepted, 1)
	raises("connect of one that is connected", "EISCONN", accepted.connect, accepted, localhost, port)
end

-- datagrams

do
	local receiver <close> = udp()
	local sender <close> = udp()
	receiver:bind(localhost, 0)
	local _, port = receiver:getsockname()
	sender:bind(localhost, 0)
	local _, from = sender:getsockname()
	is("send to an address", sender:send("to", localhost, port), 2)
	is("receive from it", all(receiver:receive(10, 0, true)), "to " .. localhost .. " " .. from)
	sender:send("", localhost, port)
	is("an empty datagram", receiver:receive(10), "")
	sender:send("0123456789", localhost, port)
	is("TRUNC gives what fits", receiver:receive(4, msg.TRUNC), "0123")
	raises("and the rest is gone", "EAGAIN", receiver.receive, receiver, 4, msg.DONTWAIT)
	-- The memory a call receives in is used again, if there is enough of it, and is no garbage meanwhile.
	local wrong = {}
	for round, size in ipairs { 4096, 10, 9000, 20000, 16384, 16385, 1, 4096 } do
		local message = (string.char(64 + round)):rep(size)
		sender:send(message, localhost, port)
		wrong[round] = receiver:receive(size) ~= message and size or nil
		collectgarbage()
	end
	is("datagrams of any size, one after the other", next(wrong), nil)
	raises("a datagram too long", "EMSGSIZE", sender.send, sender, ("x"):rep(70000), localhost, port)
	raises("without an address", "EDESTADDRREQ", sender.send, sender, "x")
	sender:connect(localhost, port)
	is("connect sets one", sender:send("y"), 1)
	is("and it comes", receiver:receive(1), "y")
	raises("two sockets at one address", "EADDRINUSE", function() udp():bind(localhost, port) end)
end

-- addresses

local any = tcp()
raises("bind: no address", "bad argument #1 to 'bind' (number expected, got no value)", any.bind, any)
raises("bind: a string", "bad argument #1 to 'bind' (number expected, got string)", any.bind, any, "127.0.0.1", 1)
raises("bind: no port", "bad argument #2 to 'bind' (number expected, got no value)", any.bind, any, localhost)
raises("bind: a port out of range", "bad argument #2 to 'bind' (out of range)", any.bind, any, localhost, 65536)
raises("bind: an address out of range", "bad argument #1 to 'bind' (out of range)", any.bind, any, 1 << 32, 1)
raises("bind: an address that is not ours", "EADDRNOTAVAIL", any.bind, any, 0x01020304, 1)
raises("send: the address' place", "bad argument #2 to 'send' (number expected, got boolean)", any.send, any, "x", true)
raises("bind: a table", "value expected", any.bind, any, {})
is("the name of an unbound socket", all(any:getsockname()), "0 0")
any:close()

do
	local six = ("\0"):rep(15) .. "\1"
	local receiver <close> = socket.new(af.INET6, sock.DGRAM, 0)
	local sender <close> = socket.new(af.INET6, sock.DGRAM, 0)
	raises("INET6: an integer", "bad argument #1 to 'bind' (string expected, got number)", receiver.bind, receiver, 1, 1)
	raises("INET6: a short address", "an address of 16 bytes expected", receiver.bind, receiver, "::1", 1)
	receiver:bind(six, 0)
	local address, port, scope = receiver:getsockname()
	ok("INET6: getsockname", address == six and port > 0 and scope == nil)
	sender:bind(six, 0)
	sender:send("six", six, port)
	local text, from, its = receiver:receive(10, 0, true)
	ok("INET6: the sender's name", text == "six" and from == six and its == select(2, sender:getsockname()))
	sender:connect(six, port)
	is("INET6: getpeername", select(2, sender:getpeername()), port)
	receiver:close()
	local only <close> = socket.new(af.INET6, sock.STREAM, 0)
	is("INET6: V6ONLY", only:getsockopt(sol.IPV6, socket.ipv6.V6ONLY), 0)
	only:setsockopt(sol.IPV6, socket.ipv6.V6ONLY, true)
	is("INET6: V6ONLY set", only:getsockopt(sol.IPV6, socket.ipv6.V6ONLY), 1)
end

do
	local function new(type) return socket.new(af.UNIX, type or sock.DGRAM, 0) end
	local receiver <close> = new()
	local sender <close> = new()
	receiver:bind("\0lunatik/test")
	is("UNIX: an abstract name", receiver:getsockname(), "\0lunatik/test")
	sender:send("one", "\0lunatik/test")
	is("UNIX: an unnamed sender is nil", all(receiver:receive(9, 0, true)), "one nil")
	is("UNIX: an unnamed socket is nil", all(sender:getsockname()), "nil")
	local longest = "\0" .. ("n"):rep(107)
	sender:bind(longest)
	sender:send("two", "\0lunatik/test")
	is("UNIX: a name of 108 bytes comes whole", select(2, receiver:receive(9, 0, true)), longest)
	raises("UNIX: 109 bytes", "ENAMETOOLONG", sender.send, sender, "x", longest .. "n")
	raises("UNIX: bind to 109 bytes", "ENAMETOOLONG", function() new():bind(longest .. "n") end)
	raises("UNIX: connect to 109 bytes", "ENAMETOOLONG", function() new():connect(longest .. "n") end)
	raises("UNIX: a zero in a path", "a path has no zeros", function() new():bind("/tmp/a\0b") end)
	raises("UNIX: a number", "string expected, got number", function() new():bind(1) end)
	raises("UNIX: nobody there", "ENOENT", function() new():connect("/tmp/lunatik-nosuch") end)
	local path = "/tmp/" .. ("p"):rep(103)
	local named <close> = new()
	named:bind(path)
	is("UNIX: a path of 108 bytes comes whole", named:getsockname(), path)
	raises("UNIX: a path that exists", "EADDRINUSE", function() new():bind(path) end)
	local auto <close> = new()
	auto:bind("")
	is("UNIX: the kernel chooses a name", #auto:getsockname(), 6)
	local listener <close> = new(sock.STREAM)
	local peer <close> = new(sock.STREAM)
	listener:bind("\0lunatik/stream")
	listener:listen(0)
	peer:connect("\0lunatik/stream")
	local late <close> = new(sock.STREAM)
	late:setsockopt(sol.SOCKET, so.SNDTIMEO, 100)
	raises("UNIX: connect to a full queue times out", "EAGAIN", late.connect, late, "\0lunatik/stream")
	local accepted <close> = listener:accept()
	is("UNIX: the peer's name", peer:getpeername(), "\0lunatik/stream")
	is("UNIX: an unnamed peer", all(accepted:getpeername()), "nil")
	accepted:send("three")
	is("UNIX: a stream", peer:receive(9), "three")
	-- The receiver's queue is full long before the sender's memory is.
	local full = 0
	while pcall(sender.send, sender, "x", "\0lunatik/test", nil, nil, msg.DONTWAIT) do full = full + 1 end
	ok("UNIX: DONTWAIT of a send", full > 0, full)
	sender:setsockopt(sol.SOCKET, so.SNDTIMEO, 100)
	raises("UNIX: a datagram to a full queue times out", "EAGAIN", sender.send, sender, "x", "\0lunatik/test")
end

do
	local frames <close> = socket.new(af.PACKET, sock.RAW, linux.hton16(3))
	frames:bind(3, 1)
	is("PACKET: getsockname", select(2, frames:getsockname()), 1)
	local sender <close> = udp()
	sender:send("frame", localhost, 9)
	local frame, protocol, interface, hardware = frames:receive(100, 0, true)
	ok("PACKET: a frame and where it came from", #frame == 47 and protocol == 0x0800 and interface == 1 and
		hardware == ("\0"):rep(6), #frame, all(protocol, interface))
	raises("PACKET: an interface that is not there", "ENODEV", frames.bind, frames, 3, 99)
	raises("PACKET: a protocol out of range", "out of range", frames.bind, frames, 65536)
	frames:bind((">I2i4"):pack(3, 0) .. ("<i4"):pack(0))
	is("PACKET: bound by packed bytes", (frames:getsockname()), 3)
	local route <close> = socket.new(af.NETLINK, sock.RAW, 0)
	route:bind()
	local id, groups = route:getsockname()
	ok("NETLINK: the kernel chooses an id", id ~= 0 and groups == 0, id)
	-- RTM_GETLINK of lo: NLM_F_REQUEST, ifi_index 1.
	route:send(("<I4I2I2I4I4 I1xI2i4I4I4"):pack(32, 18, 1, 7, 0, 0, 0, 1, 0, 0), 0, 0)
	local answer, from = route:receive(8192, 0, true)
	ok("NETLINK: a request is answered", ("<I2"):unpack(answer, 5) == 16 and from == 0, #answer)
	-- RTM_NEWLINK of a device that is not there, with NLM_F_ACK: who may ask for that is looked at, by a socket that has no file.
	for _, address in ipairs { {}, { 0, 0 } } do
		route:send(("<I4I2I2I4I4 I1xI2i4I4I4"):pack(32, 16, 5, 8, 0, 0, 0, 9999, 0, 0), table.unpack(address))
		local kind, errno = ("<I2 xxxxxxxxxx i4"):unpack(route:receive(8192), 5)
		is("NETLINK: a change, by " .. #address .. " words of an address", kind .. " " .. errno, "2 -19")
	end
end

-- what wants a file, or memory of a program's, or accepts sockets of another kind

for name, family in pairs { ALG = 38, XDP = 44, SMC = 43, KCM = 41, BLUETOOTH = 31, RXRPC = 33, RDS = 21 } do
	raises(name .. " is no family here", "EAFNOSUPPORT", socket.new, family, sock.SEQPACKET, 0)
end
for name, protocol in pairs { MPTCP = 262, SMC = 256 } do
	raises(name .. " is no protocol here", "EAFNOSUPPORT", socket.new, af.INET, sock.STREAM, protocol)
end
do
	local s <close> = tcp()
	raises("a TCP socket does not become MPTCP's", "ENOENT", s.setsockopt, s, sol.TCP, 31, "mptcp")
	-- IPV6_FLOWLABEL_MGR writes the label that it has given.
	local six <close> = socket.new(af.INET6, sock.DGRAM)
	local function request() return ("\0"):rep(15) .. "\1" .. ("<I4BBI2I2I2I4"):pack(0, 0, 255, 1, 0, 0, 0) end
	local given = request()
	six:setsockopt(41, 32, given)
	is("an option does not change the string that it was given", given, request())
end

-- options

do
	local s <close> = tcp()
	for _, name in ipairs { "REUSEADDR", "REUSEPORT", "KEEPALIVE", "BROADCAST", "OOBINLINE", "DONTROUTE" } do
		s:setsockopt(sol.SOCKET, so[name], true)
		is("so." .. name, s:getsockopt(sol.SOCKET, so[name]), 1)
		s:setsockopt(sol.SOCKET, so[name], 0)
		is("so." .. name .. " off", s:getsockopt(sol.SOCKET, so[name]), 0)
	end
	s:setsockopt(sol.TCP, socket.tcp.NODELAY, 1)
	is("tcp.NODELAY", s:getsockopt(sol.TCP, socket.tcp.NODELAY), 1)
	is("so.TYPE", s:getsockopt(sol.SOCKET, so.TYPE), sock.STREAM)
	is("so.DOMAIN", s:getsockopt(sol.SOCKET, so.DOMAIN), af.INET)
	is("so.PROTOCOL", s:getsockopt(sol.SOCKET, so.PROTOCOL), ipproto.TCP)
	is("so.ERROR", s:getsockopt(sol.SOCKET, so.ERROR), 0)
	s:setsockopt(sol.SOCKET, so.RCVBUF, 8192)
	is("so.RCVBUF, which the kernel doubles", s:getsockopt(sol.SOCKET, so.RCVBUF), 16384)
	s:setsockopt(sol.SOCKET, so.BINDTODEVICE, "lo\0")
	is("a string for an option", s:getsockopt(sol.SOCKET, so.BINDTOIFINDEX), 1)
	raises("an option that is not there", "ENOPROTOOPT", s.setsockopt, s, sol.SOCKET, 9999, 1)
	raises("one that cannot be read", "ENOPROTOOPT", s.getsockopt, s, sol.TCP, socket.tcp.CONGESTION)
	raises("one that is read only", "ENOPROTOOPT", s.setsockopt, s, sol.SOCKET, so.TYPE, 1)
	raises("a value out of range", "bad argument #3 to 'setsockopt' (out of range)", s.setsockopt, s, 1, 2, 1 << 40)
	raises("a value of nil", "number expected, got nil", s.setsockopt, s, 1, 2, nil)
	raises("a value too long", "too long", s.setsockopt, s, 1, 2, ("x"):rep(5000))
end

-- lengths

do
	local one, other = pair()
	local client <close> = one
	local server <close> = other
	local function receive(...) return server:receive(...) end
	local function send(...) return server:send(...) end
	raises("receive: a negative length", "bad argument #1 to 'receive' (out of range)", receive, -1)
	raises("receive: a length above 1 GiB", "bad argument #1 to 'receive' (out of range)", receive, (1 << 30) + 1)
	raises("receive: a length above the cap", "not enough memory", server.receive, server, 1 << 28)
	ktap.wrong_types("receive", "number", "number", 1, receive, 1)
	ktap.wrong_types("send", "string number", "string", 1, send, "x")
	raises("receive: flags of the kernel's own", "EINVAL", server.receive, server, 1, 1 << 27)
	raises("send: memory of programs", "EINVAL", server.send, server, "x", nil, nil, nil, msg.ZEROCOPY)
	client:send("still there")
	is("and it works on", server:receive(99), "still there")
end

-- closed, and wrong, receivers

local data = require("data").new(1)
for _, name in ipairs { "bind", "listen", "accept", "connect", "send", "receive", "getsockname", "getpeername", "shutdown",
			"setsockopt", "getsockopt" } do
	local closed = tcp()
	closed:close()
	raises(name .. " on a closed socket", "EBADF", closed[name], closed, 1, 1, 1)
	raises(name .. " on a data object", "(socket expected, got data)", socket[name], data, 1, 1, 1)
	raises(name .. " on nothing", "(socket expected, got no value)", socket[name])
	raises(name .. " on nil", "(socket expected, got nil)", socket[name], nil)
end
local twice = tcp()
twice:close()
ok("close twice", pcall(twice.close, twice))
local left
do
	local s <close> = tcp()
	left = s
end
raises("<close> closes", "EBADF", left.getsockname, left)
is("close frees the address at once", pcall(function()
	for _ = 1, 3 do
		local s <close> = udp()
		s:bind(localhost, 41234)
	end
end), true)

-- texts of addresses

is("pton of IPv4", socket.pton("127.0.0.1"), localhost)
is("pton of IPv6", socket.pton("::1"), ("\0"):rep(15) .. "\1")
for _, text in ipairs { "", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ", "x", ":::", "::1%lo", "1.2.3.4\0", ("1"):rep(99) } do
	is(("pton of %q"):format(text), socket.pton(text), nil)
end
is("ntop of IPv4", socket.ntop(0xffffff01), "255.255.255.1")
is("ntop of IPv6", socket.ntop(socket.pton("2001:db8::10")), "2001:db8::10")
raises("ntop of 5 bytes", "an address of 16 bytes expected", socket.ntop, "12345")
raises("ntop out of range", "out of range", socket.ntop, -1)
raises("ntop of a boolean", "number or string expected, got boolean", socket.ntop, true)

-- socket.inet

do
	local server <close> = inet.tcp()
	local client <close> = inet.tcp()
	server:setsockopt(sol.SOCKET, so.REUSEADDR, 1)
	server:bind(inet.localhost, 0)
	server:listen()
	local address, port = server:getsockname()
	is("inet: getsockname", address, "127.0.0.1")
	client:connect(address, port)
	local accepted <close> = server:accept()
	is("inet: accept makes the same kind", getmetatable(accepted), getmetatable(server))
	is("inet: getpeername", all(accepted:getpeername()), all(client:getsockname()))
	client:send("text")
	is("inet: receive", accepted:receive(9), "text")
	is("inet: getsockopt", server:getsockopt(sol.SOCKET, so.ACCEPTCONN), 1)
	client:shutdown()
	is("inet: shutdown", accepted:receive(9), "")
	raises("inet: an address that is none", "'nowhere' is no IPv4 address", client.connect, client, "nowhere", 1)
	raises("inet: an IPv6 address", "'::1' is no IPv4 address", client.connect, client, "::1", 1)
	raises("inet: no address", "an address is a string, got nil", client.connect, client)
	raises("inet: no port", "bad argument", client.connect, client, "127.0.0.1")
	raises("inet: an unconnected peer", "ENOTCONN", function() inet.tcp():getpeername() end)
	client:close()
	raises("inet: closed", "EBADF", client.send, client, "x")
	local again <close> = inet.tcp(server.socket)
	is("inet: around a socket that is there", select(2, again:getsockname()), port)
end

for _, kind in ipairs { { inet.udp, "127.0.0.1" }, { inet.udp6, "::1" } } do
	local receiver <close> = kind[1]()
	local sender <close> = kind[1]()
	receiver:bind("*", 0)
	local _, port = receiver:getsockname()
	sender:bind(kind[2], 0)
	sender:sendto("one", kind[2], port)
	is("inet: receivefrom " .. kind[2], all(receiver:receivefrom(9)), "one " .. all(sender:getsockname()))
	sender:connect(kind[2], port)
	sender:send("two")
	is("inet: receive with from", all(receiver:receive(9, 0, true)), "two " .. all(sender:getsockname()))
	sender:send("three", kind[2], port)
	is("inet: receive without", all(receiver:receive(9)), "three")
	-- Flags behind the address are not lost: this one is refused.
	raises("inet: flags behind an address", "EINVAL", sender.send, sender, "x", kind[2], port, msg.ZEROCOPY)
	raises("inet: flags without", "EINVAL", sender.send, sender, "x", nil, nil, msg.ZEROCOPY)
	local number = kind[2] == "::1" and socket.pton("::1") or 0x7f000001
	local bare = sender.socket
	raises("send: flags behind the third part", "EINVAL", bare.send, bare, "x", number, port, nil, msg.ZEROCOPY)
	raises("send: flags without an address", "EINVAL", bare.send, bare, "x", nil, msg.ZEROCOPY)
	raises("send: flags without an address, at the end", "EINVAL", bare.send, bare, "x", nil, nil, nil, msg.ZEROCOPY)
	raises("send: flags that are none", "number expected, got string", bare.send, bare, "x", number, port, nil, "junk")
	if kind[2] ~= "::1" then
		raises("send: flags behind the second part", "EINVAL", bare.send, bare, "x", number, port, msg.ZEROCOPY)
		raises("send: flags twice", "the flags came before", bare.send, bare, "x", number, port, 0, 0)
	end
	is("send: no flags", bare:send("four", number, port, 0), 4)
	is("send: none was sent", all(receiver:receive(9)), "four")
end
do
	local server <close> = inet.tcp6()
	local client <close> = inet.tcp6()
	server:bind("*", 0)
	server:listen()
	client:connect("::1", select(2, server:getsockname()))
	local accepted <close> = server:accept()
	is("inet: IPv6", accepted:getpeername(), "::1")
	raises("inet: an IPv4 address for IPv6", "'1.2.3.4' is no IPv6 address", client.sendto, client, "x", "1.2.3.4", 1)
end

-- socket.unix

do
	local server <close> = unix.stream("\0lunatik/unix")
	local client <close> = unix.stream("\0lunatik/unix")
	server:bind()
	server:listen()
	client:connect()
	local accepted <close> = server:accept()
	client:send("text")
	is("unix: receive", accepted:receive(9), "text")
	is("unix: accept makes the same kind", getmetatable(accepted), getmetatable(server))
	is("unix: getpeername", client:getpeername(), "\0lunatik/unix")
	is("unix: an unnamed peer", all(accepted:getpeername()), "nil")
	local receiver <close> = unix.dgram("\0lunatik/a")
	local sender <close> = unix.dgram("\0lunatik/b")
	receiver:bind()
	sender:bind()
	sender:sendto("one", "\0lunatik/a")
	is("unix: receivefrom", all(receiver:receivefrom(9)), "one \0lunatik/b")
	raises("unix: no path", "a path is missing", function() unix.dgram():bind() end)
end

-- shared between runtimes

do
	local other <close> = lunatik.runtime("test/socket_other")
	local client, server = pair()
	other:resume(server, "receive")
	client:send("to the other")
	is("another runtime uses the same socket", other:resume(), "to the other")
	is("and may close it", other:resume(), nil)
	raises("for all", "EBADF", server.receive, server, 1)
	is("the peer sees the end", client:receive(1), "")
	lunatik._ENV.socket = client
	is("a socket in the shared table", lunatik._ENV.socket:getpeername(), localhost)
	lunatik._ENV.socket = nil
end

-- memory

do
	local kept = {}
	local success, message = pcall(function() for i = 1, 100000 do kept[i] = socket.new(af.UNIX, sock.DGRAM, 0) end end)
	ok("sockets count against the memory cap", not success and (message:find("ENOMEM") or message:find("memory")), message)
	ok("which is one of thousands", #kept > 1000, #kept)
	kept = nil
	collectgarbage()
	ok("what is collected is given back", pcall(socket.new, af.INET, sock.STREAM))
end

ktap.finish()
