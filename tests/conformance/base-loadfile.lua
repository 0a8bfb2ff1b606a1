-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- loadfile and dofile.
-- tests/conformance/run puts these files there.
local dir = "/tmp/lunatik-conformance/"
print(loadfile(dir .. "missing.lua")) print(pcall(dofile, dir .. "missing.lua"))
local f = loadfile(dir .. "data.lua")
print(type(f)) print(f(1, 2))
print(dofile(dir .. "data.lua"))
print(loadfile(dir .. "data.lua", "t")("x")) print(loadfile(dir .. "data.lua", "b"))
local env = {}
print(loadfile(dir .. "global.lua", "t", env)(), env.answer, answer)
print(loadfile(dir .. "broken.lua")) print(pcall(dofile, dir .. "broken.lua"))
print(dofile(dir .. "shebang.lua")) print(dofile(dir .. "bom.lua")) print(dofile(dir .. "empty.lua"))
print(select("#", dofile(dir .. "empty.lua"))) print(#dofile(dir .. "long.lua"))
print(pcall(dofile, dir .. "raises.lua"))
print(pcall(loadfile, {})) print(pcall(dofile, {}))
