#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: core quick timeout=200
"""Character devices written in Lua, used as programs use devices."""

import fcntl
import mmap
import multiprocessing
import os
import select
import stat
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
from ktap import (equal, errno_of, evaluate, faster, finish, install, like, lunatik, ok, opened, raises, run_script, start,
                  stop, within)

DEVICES = r"""
local device = require("device")
local linux = require("linux")
local rw = linux.stat.IRUGO | linux.stat.IWUGO

local function new(name, driver)
	driver.name = name
	driver.mode = driver.mode or rw
	return device.new(driver)
end

-- keeps what is written, in a table that is reached through a metatable
local class = { text = "", opened = 0, released = 0 }
class.__index = class
function class:open() self.opened = self.opened + 1 end
function class:release() self.released = self.released + 1 end
function class:read(length, offset) return self.text:sub(offset + 1, offset + length) end
function class:write(text, offset)
	self.text = self.text:sub(1, offset) .. ("\0"):rep(offset - #self.text) .. text .. self.text:sub(offset + #text + 1)
end
local keep = setmetatable({}, class)
new("t_keep", keep)
new("t_count", { read = function(_, _, offset) return offset == 0 and keep.opened .. " " .. keep.released or nil end })

device.new { name = "t_none" }
new("t_nil", { read = function() return nil end, write = function() return nil end })
new("t_nothing", { read = function() end, write = function() end })
new("t_empty", { read = function() return "" end, write = function() return 0 end })
new("t_long", { read = function(_, length) return ("x"):rep(length + 100) end })
new("t_million", { read = function() return ("0123456789"):rep(100000) end })
new("t_binary", { read = function(_, _, offset) return offset == 0 and "a\0b\xff\n" or "" end })
for name, value in pairs { integer = 42, table = {}, boolean = true, func = print } do
	new("t_" .. name, { read = function() return value end, write = function() return value end })
end
new("t_error", { read = function() error("boom") end, write = function() error({}) end })
new("t_nocall", { read = 5, write = {} })
new("t_openerror", { open = function() error("not today") end, read = function() return "x" end })
new("t_releaseerror", { release = function() error("not today") end, read = function() return "x" end })
new("t_yield", { read = function() coroutine.yield("x") end })
new("t_arguments", { magic = 77, read = function(self, length, offset, more)
	return ("%s %s %s %s"):format(self.magic, math.tointeger(length), math.tointeger(offset), more)
end })
new("t_jump", { read = function(_, _, offset) return "ab", offset + 10 end, write = function(_, s, offset)
	return #s, offset + 100 end })
new("t_back", { read = function() return "ab", 0 end })
new("t_negative", { read = function() return "ab", -1 end })
new("t_wordoffset", { read = function() return "ab", "7" end, write = function(_, s) return #s, {} end })
new("t_short", { write = function(_, s) return 3 end })
new("t_more", { write = function(_, s) return #s + 100 end })
new("t_less", { write = function() return -1 end })
new("t_smallest", { write = function() return math.mininteger end })
new("t_length", { write = function(self, s) self.n = #s return #s end, read = function(self) return self.n .. "\n", 1 end })
new("t_garbage", { read = function() collectgarbage() collectgarbage() return "still here" end })
local gone = { read = function(self) self.device:stop() return "last words" end }
gone.device = new("t_gone", gone)
new("t_maker", { read = function(self, _, offset)
	if offset > 0 then return end
	new("t_made", { read = function() return "made" end })
	return "done"
end })
new("t_self", { read = function(_, _, offset)
	if offset > 0 then return end
	local f, message = loadfile("/dev/t_self")
	return tostring(f) .. " " .. message
end })
new("t_next", { n = 0, read = function(self) self.n = self.n + 1 return ("%08d"):format(self.n) end })
collectgarbage()
"""


def read(name, size=4096, count=1):
    with opened(f"/dev/{name}", os.O_RDONLY) as descriptor:
        pieces = [os.read(descriptor, size) for _ in range(count)]
    return pieces[0] if count == 1 else pieces


def write(name, data):
    with opened(f"/dev/{name}", os.O_WRONLY) as descriptor:
        return os.write(descriptor, data)


def offset_after(name, flags, act):
    with opened(f"/dev/{name}", flags) as descriptor:
        act(descriptor)
        return os.lseek(descriptor, 0, os.SEEK_CUR)


def reading():
    equal("a read gets the string", read("t_binary"), b"a\0b\xff\n")
    equal("and then the end of the file", read("t_binary", count=2)[1], b"")
    equal("nil is the end of the file", read("t_nil"), b"")
    equal("no result is the end of the file", read("t_nothing"), b"")
    equal("an empty string is the end of the file", read("t_empty"), b"")
    equal("a string longer than asked for is cut", read("t_long", 7), b"xxxxxxx")
    equal("the offset moves by what was cut", offset_after("t_long", os.O_RDONLY, lambda fd: os.read(fd, 7)), 7)
    equal("a read of nothing", read("t_long", 0), b"")
    for name in ("t_integer", "t_table", "t_boolean", "t_func"):
        raises(f"a result that is no string: {name}", "EINVAL", read, name)
    raises("an error in read", "ECANCELED", read, "t_error")
    raises("a read that is no function", "ECANCELED", read, "t_nocall")
    raises("a yield in read", "ECANCELED", read, "t_yield")
    raises("no read", "ENXIO", read, "t_none")
    equal("arguments of read", read("t_arguments", 99), b"77 99 0 nil")
    equal("the device still works after errors", read("t_binary"), b"a\0b\xff\n")
    million = b"0123456789" * 100000
    equal("a million bytes in one read", read("t_million", 1000000) == million, True)
    with opened("/dev/t_keep") as descriptor:
        os.write(descriptor, b"x" * 10000)
        equal("10000 bytes in reads of 4096", [len(os.pread(descriptor, 4096, at)) for at in (0, 4096, 8192, 12288)],
              [4096, 4096, 1808, 0])
        os.lseek(descriptor, 0, os.SEEK_SET)
    equal("head sees it as well", subprocess.run(["head", "-c", "5000", "/dev/t_keep"], capture_output=True).stdout,
          b"x" * 5000)
    result = subprocess.run(["cat", "/dev/t_error"], capture_output=True, text=True)
    ok("cat says what went wrong", result.returncode == 1 and "Operation canceled" in result.stderr, result.stderr)
    result = subprocess.run(["cat", "/dev/t_none"], capture_output=True, text=True)
    ok("and that there is no such operation", "No such device or address" in result.stderr, result.stderr)
    with opened("/dev/t_arguments") as descriptor:
        equal("pread passes its offset", os.pread(descriptor, 64, 1 << 40), f"77 64 {1 << 40} nil".encode())
        equal("and leaves the file's alone", os.lseek(descriptor, 0, os.SEEK_CUR), 0)
        buffers = [bytearray(4), bytearray(60)]
        equal("readv", os.readv(descriptor, buffers) > 0, True)


def offsets():
    equal("the offset moves by the string", offset_after("t_binary", os.O_RDONLY, lambda fd: os.read(fd, 4096)), 5)
    equal("read's second result is the offset", offset_after("t_jump", os.O_RDONLY, lambda fd: os.read(fd, 99)), 10)
    equal("write's second result is the offset", offset_after("t_jump", os.O_WRONLY, lambda fd: os.write(fd, b"abc")), 100)
    equal("an offset that goes back", read("t_back", count=3), [b"ab"] * 3)
    equal("an offset that is no integer is none", offset_after("t_wordoffset", os.O_RDONLY, lambda fd: os.read(fd, 9)), 2)
    equal("the same in write", offset_after("t_wordoffset", os.O_WRONLY, lambda fd: os.write(fd, b"abc")), 3)
    with opened("/dev/t_negative") as descriptor:
        equal("the read that makes the offset negative", os.read(descriptor, 9), b"ab")
        like("what comes after a negative offset", errno_of(os.read, descriptor, 9), "EINVAL|no error")
    with opened("/dev/t_keep") as descriptor:
        os.write(descriptor, b"y" * 10000)
        os.lseek(descriptor, 9998, os.SEEK_SET)
        equal("lseek", os.read(descriptor, 9), b"yy")
        raises("lseek before the start", "EINVAL", os.lseek, descriptor, -1, os.SEEK_SET)


def writing():
    equal("no result: all is written", write("t_nothing", b"abc"), 3)
    equal("nil: all is written", write("t_nil", b"abc"), 3)
    equal("0: nothing is written", write("t_empty", b"abc"), 0)
    equal("fewer", write("t_short", b"abcdef"), 3)
    equal("more than there was is all of it", write("t_more", b"abc"), 3)
    raises("less than nothing", "EINVAL", write, "t_less", b"abc")
    raises("the least of all integers", "EINVAL", write, "t_smallest", b"abc")
    raises("an error that is no string", "ECANCELED", write, "t_error", b"abc")
    raises("a write that is no function", "ECANCELED", write, "t_nocall", b"abc")
    raises("no write", "ENXIO", write, "t_none", b"abc")
    equal("a write of nothing", write("t_length", b""), 0)
    equal("it reached the script", read("t_length"), b"0\n")
    with opened("/dev/t_keep") as descriptor:
        data = bytes(range(256)) * 16
        equal("4096 bytes", os.write(descriptor, data), 4096)
        equal("come back", os.pread(descriptor, 4096, 0) == data, True)
        large = b"z" * (3 << 20)
        wrote = os.write(descriptor, large)
        ok("a write of 3 MiB takes a part of it, or all", 4096 <= wrote <= len(large), wrote)
        equal("as much as it says", len(os.pread(descriptor, len(large), 4096).rstrip(b"\0")), wrote)
    process = subprocess.run(["dd", "if=/dev/zero", "of=/dev/t_length", "bs=1M", "count=3", "status=none"])
    equal("dd writes 3 MiB", process.returncode, 0)
    equal("a bad buffer is refused", errno_of(os.write, -1, b"x"), "EBADF")


def counts():
    before = [int(word) for word in read("t_count").split()]
    for _ in range(10):
        read("t_keep")
    with opened("/dev/t_keep") as descriptor:
        os.close(os.dup(descriptor))
        within(2, lambda: int(read("t_count").split()[1]) == before[1] + 10)
        opened_now, released_now = (int(word) for word in read("t_count").split())
        equal("open is called for each open", opened_now - before[0], 11)
        equal("release for each file that is closed", released_now - before[1], 10)
    ok("and for the last one", within(2, lambda: int(read("t_count").split()[1]) == before[1] + 11))
    raises("an error in open is an error of open", "ECANCELED", os.open, "/dev/t_openerror", os.O_RDONLY)
    equal("an error in release is nobody's", read("t_releaseerror"), b"x")


def files():
    def mode(name):
        return stat.S_IMODE(os.stat(f"/dev/{name}").st_mode)
    equal("mode of the driver", oct(mode("t_keep")), oct(0o666))
    equal("mode without one", oct(mode("t_none")), oct(0o600))
    ok("it is a character device", stat.S_ISCHR(os.stat("/dev/t_none").st_mode))
    ok("its class in sysfs", os.path.exists("/sys/class/lunatik/t_keep"))
    with opened("/dev/t_keep") as descriptor:
        raises("ioctl", "ENOTTY", fcntl.ioctl, descriptor, 0x1234)
        raises("mmap", "ENODEV", mmap.mmap, descriptor, 4096)
        ok("select finds it ready", select.select([descriptor], [descriptor], [], 1)[:2] == ([descriptor], [descriptor]))
    nobody = subprocess.run(["su", "nobody", "-s", "/bin/cat", "/dev/t_none"], capture_output=True, text=True)
    ok("the mode is obeyed", nobody.returncode == 1 and "denied" in nobody.stderr, nobody.stderr)
    nobody = subprocess.run(["su", "nobody", "-s", "/bin/sh", "-c", "cat /dev/t_binary"], capture_output=True)
    equal("a device that all may read", nobody.stdout, b"a\0b\xff\n")


def special():
    equal("a device that the script keeps no reference to stays", read("t_garbage", 10), b"still here")
    equal("a callback makes another device", read("t_maker"), b"done")
    equal("which works", read("t_made"), b"made")
    with opened("/dev/t_gone", os.O_RDONLY) as descriptor:
        equal("a callback stops its own device", os.read(descriptor, 99), b"last words")
        raises("the next read", "ENXIO", os.read, descriptor, 99)
        raises("the next open", "ENOENT", os.open, "/dev/t_gone", os.O_RDONLY)
    with faster("a device that its own callback opens answers", 2):
        like("with an error", read("t_self").decode(errors="replace"), "^nil cannot open")


def several_readers():
    """Each read is one call of the script: no answer is given twice, none is lost."""
    program = ("import os, sys; fd = os.open('/dev/t_next', os.O_RDONLY); "
               "sys.stdout.write(' '.join(os.read(fd, 8).decode() for _ in range(300)))")
    readers = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) for _ in range(6)]
    numbers = [int(word) for reader in readers for word in reader.communicate()[0].split()]
    equal("1800 reads of 6 processes are 1800 calls", sorted(numbers), list(range(1, 1801)))


WRONG = r"""
local device = require("device")
local data = require("data")
local failed = 0
local function refused(name, pieces, f, ...)
	local success, message = pcall(f, ...)
	local good = not success and type(message) == "string"
	for _, piece in ipairs(pieces) do good = good and message:find(piece, 1, true) end
	if not good then print(("%s: %s, %s"):format(name, success, message)) end
end
local function new(driver) return device.new(driver) end

for _, name in ipairs { "", ".", "..", "a/b", "/", "a!b", "/dev/x", "a\0b", ("x"):rep(64), ("x"):rep(5000) } do
	refused("name " .. name:sub(1, 10), { "bad field 'name' in argument #1 to 'new'", "1 to 63 characters" }, new, { name = name })
end
refused("no name", { "bad field 'name' in argument #1", "string expected, got nil" }, new, {})
for type_name, value in pairs { table = {}, boolean = true, ["function"] = print, thread = coroutine.create(print),
	data = data.new(1) } do
	refused("name of type " .. type_name, { "bad field 'name'", "string expected, got " .. type_name }, new, { name = value })
	refused("mode of type " .. type_name, { "bad field 'mode'", "number expected, got " .. type_name }, new,
		{ name = "t_wrong", mode = value })
	if type_name ~= "table" then
		refused("driver of type " .. type_name, { "bad argument #1", "table expected, got " .. type_name }, device.new, value)
	end
	refused("stop of type " .. type_name, { "bad argument #1 to 'stop'", "device expected, got " .. type_name }, device.stop, value)
	refused("delete of type " .. type_name, { "bad argument #1 to 'delete'", "device expected, got " .. type_name },
		device.delete, value)
end
refused("mode in words", { "bad field 'mode'", "number expected, got string" }, new, { name = "t_wrong", mode = "rw" })
refused("no driver", { "bad argument #1", "table expected, got no value" }, device.new)
refused("driver nil", { "bad argument #1", "table expected, got nil" }, device.new, nil)
refused("driver in words", { "bad argument #1", "table expected, got string" }, device.new, "t_wrong")
refused("stop of nothing", { "bad argument #1 to 'stop'", "device expected, got no value" }, device.stop)
refused("taken by the kernel", { "EEXIST" }, new, { name = "null" })
refused("taken by lunatik", { "EEXIST" }, new, { name = "lunatik" })
refused("taken by a directory", { "EEXIST" }, new, { name = "pts" })
local first = new { name = "t_wrong" }
refused("taken by another", { "EEXIST" }, new, { name = "t_wrong" })
refused("an error in __index of the driver", { "no name today" }, new, setmetatable({}, { __index = function()
	error("no name today") end }))
first:stop()
first:stop()
device.stop(first)
first:delete()
device.delete(first)
local again = new { name = "t_wrong" }
device.stop(again)
again = new { name = "t_wrong" }
again:delete()
again = new { name = "t_wrong" }
device.delete(again)
again = new { name = ("x"):rep(63) }
again:stop()
again = new(setmetatable({}, { __index = { name = "t_wrong", mode = 0 } }))
again:stop()
for _, mode in ipairs { 0, -1, 0xffffffff, math.maxinteger, math.mininteger, 511 } do
	new { name = "t_wrong", mode = mode }:stop()
end
do local scoped <close> = new { name = "t_wrong" } end
new { name = "t_wrong" }:stop()
for i = 1, 200 do new { name = "t_wrong" .. i } end
new { name = 12345 }:stop()
print("done")
"""


def wrong_uses():
    result = lunatik("run", "-", "--name", "wrong", source=WRONG)
    equal("every wrong use is refused, every right one is not", result.stdout + result.stderr, "done\n")
    equal("200 devices are there", len([name for name in os.listdir("/dev") if name.startswith("t_wrong")]), 200)
    equal("stop of their script", stop("wrong"), 0)
    equal("takes them all away", [name for name in os.listdir("/dev") if name.startswith("t_wrong")], [])
    install("softdevice", "require('device').new { name = 't_soft' }")
    result = lunatik("run", "test/softdevice", "softirq")
    ok("a softirq runtime has no devices", result.returncode == 1 and "process runtime" in result.stderr, result.stderr)
    install("leaver", "require('device').new { name = 't_leaver' }\nerror('left')")
    lunatik("run", "test/leaver")
    ok("a script that fails takes its devices with it", not os.path.exists("/dev/t_leaver"))


def taking_turns():
    """Devices that come while others go: a number is free when nothing is left of the device that had it."""
    source = "local device = require('device') for i = 1, 60 do device.new({ name = 't_turn%d' }):stop() end return 'all'"
    scripts = [start("run", "-e", source % number) for number in range(3)]
    equal("each number is one device's", [script.communicate(timeout=100)[0].strip() for script in scripts], ["all"] * 3)


def outliving():
    """A file that is open when its device goes."""
    run_script("outlived", "require('device').new { name = 't_out', read = function() return 'x' end, "
               "write = function() end, mode = 438 }")
    descriptor = os.open("/dev/t_out", os.O_RDWR)
    equal("before", os.read(descriptor, 1), b"x")
    with faster("stop does not wait for the file", 2):
        equal("stop", stop("outlived"), 0)
    raises("read after stop", "ENXIO", os.read, descriptor, 1)
    raises("write after stop", "ENXIO", os.write, descriptor, b"x")
    raises("open after stop", "ENOENT", os.open, "/dev/t_out", os.O_RDONLY)
    run_script("outlived", "require('device').new { name = 't_out', read = function() return 'new' end }")
    raises("the old file does not become the new device's", "ENXIO", os.read, descriptor, 1)
    equal("the new device works beside it", read("t_out"), b"new")
    stop("outlived")
    result = lunatik("unload")
    ok("unload with a file open fails and says why", result.returncode == 1 and "in use" in result.stderr,
       result.returncode, result.stderr)
    os.close(descriptor)
    result = lunatik("reload")
    equal("and works when it is closed", (result.returncode, result.stderr), (0, ""))


def taken_names():
    """Whether a name is taken does not depend on who asks, nor on the node alone."""
    run_script("taken", """
local device = require("device")
device.new { name = "t_kept" }
device.new { name = "t_asks", mode = 438, read = function(_, _, offset)
	if offset == 0 then return tostring(select(2, pcall(device.new, { name = "t_file" }))) end
end }
""")
    os.unlink("/dev/t_kept")
    like("a device has its name without its node", evaluate("return pcall(require('device').new, { name = 't_kept' })"), "EEXIST")
    ok("which the kernel does not complain of", "duplicate filename" not in subprocess.run(["dmesg"], capture_output=True, text=True).stdout)
    with open("/dev/t_file", "w"):
        equal("a file that is no device", read("t_asks"), b"EEXIST")
    os.symlink("/nowhere", "/dev/t_link")
    like("nor is a link to nothing free", evaluate("return pcall(require('device').new, { name = 't_link' })"), "EEXIST")
    os.unlink("/dev/t_link")
    # A callback runs in the task that uses the device.
    root = tempfile.mkdtemp()
    os.mknod(f"{root}/asks", 0o600 | stat.S_IFCHR, os.stat("/dev/t_asks").st_rdev)
    with multiprocessing.Pool(1) as pool:
        equal("is one for a task with another root too", pool.apply(read_in, (root, "/asks")), b"EEXIST")
    os.unlink("/dev/t_file")
    equal("stop", stop("taken"), 0)


def read_in(root, path):
    os.chroot(root)
    with open(path, "rb", buffering=0) as file:
        return file.read(100)


def main():
    result = run_script("devices", DEVICES)
    if result.returncode == 0:
        for part in (reading, offsets, writing, counts, files, special, several_readers):
            part()
        equal("stop of the script", stop("devices"), 0)
        equal("takes its devices away", [name for name in os.listdir("/dev") if name.startswith("t_")], [])
    wrong_uses()
    taking_turns()
    taken_names()
    outliving()
    return finish()


sys.exit(main())
