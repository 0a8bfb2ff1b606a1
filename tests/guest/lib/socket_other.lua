-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Another runtime that is given a socket: says what it receives, then closes it.
return function(socket)
	coroutine.yield()
	coroutine.yield(socket:receive(100))
	socket:close()
end
