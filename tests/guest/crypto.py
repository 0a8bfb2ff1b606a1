#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: debug timeout=200
"""Buffers and the kernel's crypto: published vectors, openssl beside it, each wrong use."""

import hashlib
import hmac
import os
import random
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
from genl import Family
from ktap import SLOW, equal, finish, install, like, lunatik, ok, stop

PRELUDE = """
buffer, crypto = require("buffer"), require("crypto")
function hex(bytes) return (tostring(bytes):gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
function raw(text) return (text:gsub("%x%x", function(two) return string.char(tonumber(two, 16)) end)) end
function fails(f, ...) local good, why = pcall(f, ...) return not good and tostring(why) or "it did not fail" end
"""
family = None


def lua(code):
    """The results of code in the suite's state, as text; an error instead of them."""
    result = family.exec("crypto", code)
    if result["STATUS"]:
        return [result.get("MESSAGE", b"").decode(errors="replace")]
    return [value.decode("latin-1") for value in result["VALUES"]]


def gives(name, code, *wanted):
    equal(name, lua(code), [str(one) for one in wanted])


def fails(name, call, pattern):
    like(name, lua(f"return fails({call})")[0], pattern)


def buffers():
    gives("a new buffer is zero", "local b = buffer.new(3) return #b, b[1], b[2], b[3]", 3, 0, 0, 0)
    gives("bytes", "local b = buffer.new(2) b[1] = 100 b[2] = 255 return b[1], b[2], hex(b)", 100, 255, "64ff")
    gives("the seed's example", "local buf = buffer.new(16) buf[1] = 100 buf[16] = 255 return buf[1], buf[16], #buf", 100, 255, 16)
    gives("tostring", "local b = buffer.new(2) b[1] = 65 return tostring(b)", "A\0")
    gives("none at all", "return #buffer.new(0), tostring(buffer.new(0))", 0, "")
    for name, call, pattern in (
            ("index 0", "function() return buffer.new(2)[0] end", "out of bounds"),
            ("behind the end", "function() return buffer.new(2)[3] end", "out of bounds"),
            ("negative", "function() return buffer.new(2)[-1] end", "out of bounds"),
            ("write behind the end", "function() buffer.new(2)[3] = 1 end", "out of bounds"),
            ("write to an empty one", "function() buffer.new(0)[1] = 1 end", "out of bounds"),
            ("a name", "function() return buffer.new(2).x end", "number expected, got string"),
            ("nil", "function() return buffer.new(2)[nil] end", "number expected, got nil"),
            ("a byte too large", "function() buffer.new(2)[1] = 256 end", "out of range"),
            ("a negative byte", "function() buffer.new(2)[1] = -1 end", "out of range"),
            ("no byte", "function() buffer.new(2)[1] = 'x' end", "number expected, got string"),
            ("nil as byte", "function() buffer.new(2)[1] = nil end", "number expected, got nil"),
            ("no size", "buffer.new", "number expected, got no value"),
            ("a negative size", "buffer.new, -1", "out of range"),
            ("a huge size", "buffer.new, 1 << 40", "out of range"),
            ("more than the cap", "buffer.new, 1 << 28", "ENOMEM"),
            ("a table", "buffer.new, {}", "number expected, got table")):
        fails(f"buffer: {name}", call, pattern)
    gives("the metatable is no script's", "return getmetatable(buffer.new(1))", "false")
    gives("closed", "local kept do local b <close> = buffer.new(1) kept = b end return fails(function() return kept[1] end)", "EBADF")
    gives("memory is given back", "for i = 1, 2000 do buffer.new(1 << 20) end return 'well'", "well")


def hashes():
    for data in ("", "abc", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"):
        for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512"):
            gives(f"{name} of {data[:6]!r}", f"return hex(crypto.shash({name!r}):digest({data!r}))", hashlib.new(name, data.encode()).hexdigest())
    # FIPS 180-4 and RFC 3174, written out.
    gives("SHA-1 as published", "return hex(crypto.sha1('abc'))", "a9993e364706816aba3e25717850c26c9cd0d89d")
    gives("SHA-256 as published", "return hex(crypto.shash('sha256'):digest('abc'))",
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    # RFC 4231, test case 2.
    gives("HMAC-SHA-256 as published", "local h = crypto.shash('hmac(sha256)') h:setkey('Jefe') return hex(h:digest('what do ya want for nothing?'))",
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    gives("sha1 gives a buffer", "local b = crypto.sha1(buffer.new(3)) return #b, hex(b)", 20, hashlib.sha1(bytes(3)).hexdigest())
    for size in (0, 1, 63, 64, 65, 4095, 4096, 4097, 70000, 300001):
        wanted = hashlib.sha1(b"x" * size).hexdigest()
        gives(f"sha1 of {size} bytes", f"local b = buffer.new({size}) for i = 1, {size} do b[i] = 120 end return hex(crypto.sha1(b))", wanted)
    gives("sha1 of 8 MiB", "return hex(crypto.sha1(('x'):rep(8 << 20)))", hashlib.sha1(b"x" * (8 << 20)).hexdigest())
    random.seed(3)
    for name in ("sha1", "sha256", "sha512", "sha3-256"):
        for size in (0, 55, 1000, 65537):
            data = random.randbytes(size)
            wanted = subprocess.run(["openssl", "dgst", f"-{name}", "-r"], input=data, capture_output=True, check=True).stdout.split()[0].decode()
            gives(f"{name} of {size} bytes, beside openssl", f"return hex(crypto.shash({name!r}):digest(raw('{data.hex()}')))", wanted)
    key, data = random.randbytes(40), random.randbytes(3000)
    gives("hmac(sha512)", f"local h = crypto.shash('hmac(sha512)') h:setkey(raw('{key.hex()}')) return hex(h:digest(raw('{data.hex()}')))",
          hmac.new(key, data, "sha512").hexdigest())
    gives("in pieces", "local h = crypto.shash('sha256') h:init() h:update('a') h:update('b') return hex(h:final()), hex(h:digest('x')), hex((function() h:init() return h:finup('abc') end)())",
          hashlib.sha256(b"ab").hexdigest(), hashlib.sha256(b"x").hexdigest(), hashlib.sha256(b"abc").hexdigest())
    gives("what it is", "local h = crypto.shash('sha384') return h:digestsize(), h:blocksize(), h:algname()", 48, 128, "sha384")
    gives("export and import", "local a, b = crypto.shash('sha256'), crypto.shash('sha256') a:init() a:update('ab') local s = a:export() b:import(s) "
          "return hex(a:finup('c')) == hex(b:finup('c')), hex(a:digest('')) == hex(b:digest(''))", "true", "true")
    for name, call, pattern in (
            ("no such hash", "crypto.shash, 'nosuch'", "ENOENT"), ("an empty name", "crypto.shash, ''", "ENOENT"),
            ("a long name", "crypto.shash, ('x'):rep(200)", "ENOENT"), ("a name with a zero", "crypto.shash, 'sha256\\0x'", "ENOENT"),
            ("a cipher as hash", "crypto.shash, 'cbc(aes)'", "ENOENT|EINVAL"), ("no name", "crypto.shash", "string expected, got no value"),
            ("update without init", "function() crypto.shash('sha256'):update('x') end", r"init\(\) comes first"),
            ("final without init", "function() crypto.shash('sha256'):final() end", r"init\(\) comes first"),
            ("final twice", "function() local h = crypto.shash('sha256') h:init() h:final() h:final() end", r"init\(\) comes first"),
            ("export without init", "function() crypto.shash('sha256'):export() end", r"init\(\) comes first"),
            ("a key for none", "function() crypto.shash('sha256'):setkey('x') end", "ENOSYS"),
            ("no key for one", "function() crypto.shash('hmac(sha256)'):digest('x') end", "ENOKEY"),
            ("a key of the wrong size", "function() crypto.shash('cmac(aes)'):setkey('x') end", "EINVAL|ENOENT"),
            ("a number", "function() crypto.shash('sha256'):digest(5) end", "string or buffer expected"),
            ("a table", "function() crypto.shash('sha256'):digest({}) end", "value expected|object expected|got table"),
            ("another object", "function() crypto.shash('sha256'):digest(crypto.rng()) end", "string or buffer expected"),
            ("sha1 of nil", "crypto.sha1, nil", "string or buffer expected"), ("sha1 of nothing", "crypto.sha1", "value expected|no value"),
            ("import of anything", "function() crypto.shash('sha256'):import('x') end", "EINVAL"),
            ("import of a changed state", "function() local h = crypto.shash('sha256') h:init() local s = h:export() h:import('y' .. s:sub(2)) end", "EINVAL"),
            ("import of another's", "function() local h, g = crypto.shash('sha256'), crypto.shash('sha224') h:init() g:import(h:export()) end", "EINVAL"),
            ("another receiver", "crypto.shash('sha256').digest, buffer.new(1), 'x'", "shash expected, got buffer"),
            ("no receiver", "crypto.shash('sha256').digest", "shash expected, got no value")):
        fails(f"shash: {name}", call, pattern)


def ciphers():
    key = "2b7e151628aed2a6abf7158809cf4f3c"
    plain = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    # NIST SP 800-38A, F.2.1, F.5.1, F.1.1.
    for name, iv, wanted in (("cbc(aes)", "000102030405060708090a0b0c0d0e0f", "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"),
                             ("ctr(aes)", "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"),
                             ("ecb(aes)", "", "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf")):
        gives(f"{name} as published", f"local c = crypto.skcipher({name!r}) c:setkey(raw('{key}')) local e = c:encrypt(raw('{iv}'), raw('{plain}')) "
              f"return hex(e), hex(c:decrypt(raw('{iv}'), e))", wanted, plain)
    random.seed(4)
    for name, bits in (("ctr", 128), ("ctr", 256), ("cbc", 192)):
        for size in (16, 160, 65536):
            key, iv, data = random.randbytes(bits // 8), random.randbytes(16), random.randbytes(size)
            wanted = subprocess.run(["openssl", "enc", f"-aes-{bits}-{name}", "-nopad", "-K", key.hex(), "-iv", iv.hex()], input=data,
                                    capture_output=True, check=True).stdout
            gives(f"{name}(aes) with {bits} bits, {size} bytes, beside openssl",
                  f"local c = crypto.skcipher('{name}(aes)') c:setkey(raw('{key.hex()}')) return hex(crypto.sha1(c:encrypt(raw('{iv.hex()}'), raw('{data.hex()}'))))",
                  hashlib.sha1(wanted).hexdigest())
    gives("what a cipher is", "local c = crypto.skcipher('cbc(aes)') return c:ivsize(), c:blocksize(), c:algname()", 16, 16, "cbc(aes)")
    gives("a buffer as data", "local c = crypto.skcipher('ctr(aes)') c:setkey(('k'):rep(16)) local iv = ('i'):rep(16) return c:encrypt(iv, buffer.new(5)) == c:encrypt(iv, ('\\0'):rep(5))", "true")
    # McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 2 and 4.
    gives("gcm(aes), case 2", "local c = crypto.aead('gcm(aes)') c:setkey(('\\0'):rep(16)) c:setauthsize(16) return hex(c:encrypt(('\\0'):rep(12), ('\\0'):rep(16)))",
          "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf")
    case = ("local c = crypto.aead('gcm(aes)') c:setkey(raw('feffe9928665731c6d6a8f9467308308')) c:setauthsize(16) local iv, aad = raw('cafebabefacedbaddecaf888'), "
            "raw('feedfacedeadbeeffeedfacedeadbeefabaddad2') local p = raw('d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39') ")
    gives("gcm(aes), case 4", case + "return hex(c:encrypt(iv, p, aad))",
          "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
          "5bc94fbc3221a5db94fae95ae7121a47")
    gives("and back", case + "return c:decrypt(iv, c:encrypt(iv, p, aad), aad) == p", "true")
    # RFC 8439, 2.8.2.
    gives("ChaCha20-Poly1305", "local c = crypto.aead('rfc7539(chacha20,poly1305)') c:setkey(raw('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f')) "
          "c:setauthsize(16) return hex(c:encrypt(raw('070000004041424344454647'), \"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.\", "
          "raw('50515253c0c1c2c3c4c5c6c7'))):sub(-32)", "1ae10b594f09e26a7e902ecbd0600691")
    for what, change in (("the text", "c:decrypt(iv, 'x' .. e:sub(2), aad)"), ("the tag", "c:decrypt(iv, e:sub(1, -2) .. 'x', aad)"),
                         ("the associated data", "c:decrypt(iv, e, 'other')"), ("the iv", "c:decrypt(('x'):rep(12), e, aad)"),
                         ("a text too short for a tag", "c:decrypt(iv, 'x', aad)"), ("no associated data", "c:decrypt(iv, e)")):
        fails(f"aead: {what} changed", f"function() {case} local e = c:encrypt(iv, p, aad) return {change} end", "^EBADMSG$")
    # What may be encrypted may be decrypted.
    gives("the largest message", "local c = crypto.aead('gcm(aes)') c:setkey(('k'):rep(16)) local iv = ('i'):rep(12) "
          "local e = c:encrypt(iv, ('x'):rep(4194303 - 16 - 4), 'head') return #c:decrypt(iv, e, 'head'), "
          "pcall(c.encrypt, c, iv, ('x'):rep(4194303 - 16 - 3), 'head')", 4194283, "false", "ENOMEM")
    gives("what an aead is", "local c = crypto.aead('gcm(aes)') c:setauthsize(12) return c:ivsize(), c:authsize(), c:algname()", 12, 12, "gcm(aes)")
    for name, call, pattern in (
            ("no such cipher", "crypto.skcipher, 'nosuch'", "ENOENT"), ("a hash as cipher", "crypto.skcipher, 'sha256'", "ENOENT"),
            ("an asynchronous one", "crypto.skcipher, 'cryptd(cbc(aes))'", "ENOENT|EINVAL|EEXIST"),
            ("a key of 5 bytes", "function() crypto.skcipher('cbc(aes)'):setkey('12345') end", "EINVAL"),
            ("no key", "function() crypto.skcipher('cbc(aes)'):encrypt(('i'):rep(16), ('x'):rep(16)) end", "ENOKEY"),
            ("a short iv", "function() local c = crypto.skcipher('cbc(aes)') c:setkey(('k'):rep(16)) c:encrypt('i', ('x'):rep(16)) end", "ivsize"),
            ("half a block", "function() local c = crypto.skcipher('cbc(aes)') c:setkey(('k'):rep(16)) c:encrypt(('i'):rep(16), 'x') end", "EINVAL"),
            ("more than the kernel gives at once", "function() local c = crypto.skcipher('ctr(aes)') c:setkey(('k'):rep(16)) c:encrypt(('i'):rep(16), ('x'):rep(5 << 20)) end", "ENOMEM"),
            ("an aead of none", "crypto.aead, 'cbc(aes)'", "ENOENT|EINVAL"),
            ("a tag of 99 bytes", "function() crypto.aead('gcm(aes)'):setauthsize(99) end", "EINVAL"),
            ("an aead without key", "function() crypto.aead('gcm(aes)'):encrypt(('i'):rep(12), 'x') end", "ENOKEY"),
            ("nil as data", "function() crypto.aead('gcm(aes)'):encrypt(('i'):rep(12), nil) end", "string or buffer expected")):
        fails(f"ciphers: {name}", call, pattern)


def randomness():
    gives("random(n)", "local a, b = crypto.random(32), crypto.random(32) return #a, #b, hex(a) ~= hex(b), #crypto.random(0)", 32, 32, "true", 0)
    values = lua("local seen, n = {}, 0 local b = crypto.random(20000) for i = 1, #b do if not seen[b[i]] then seen[b[i]] = true n = n + 1 end end return n")
    equal("every byte there is", values, ["256"])
    gives("a generator", "local r = crypto.rng() local a, b = r:getbytes(32), r:generate(32) return #a, a ~= b, r:algname()", 32, "true", "stdrng")
    gives("with a seed of the script's", "local r = crypto.rng() r:reset() r:reset(('s'):rep(64)) return #r:generate(10, 'more'), #r:getbytes(0)", 10, 0)
    like("what it is", lua("local i = crypto.rng():info() return i.driver, math.type and i.seedsize or i.seedsize")[0], "drbg|rng")
    for name, call, pattern in (("random of too much", "crypto.random, 1 << 21", "out of range"), ("a negative amount", "crypto.random, -1", "out of range"),
                                ("random of nothing", "crypto.random", "number expected, got no value"), ("no such generator", "crypto.rng, 'nosuch'", "ENOENT"),
                                ("too many bytes", "function() crypto.rng():getbytes(1 << 21) end", "out of range"),
                                ("a table as seed", "function() crypto.rng():reset({}) end", "string expected, got table")):
        fails(f"random: {name}", call, pattern)


def cost():
    # What the kernel keeps for them is the runtime's: two MiB are few hundred ciphers.
    family.create("poor", 2 << 20)
    for name, most in (("crypto.skcipher('cbc(aes)')", 500), ("crypto.aead('gcm(aes)')", 200), ("crypto.shash('hmac(sha256)')", 500),
                       ("crypto.rng()", 500), ("crypto.skcipher('lrw(aes)')", 32)):
        result = family.exec("poor", "local crypto, t = require('crypto'), {} for i = 1, 100000 do "
                             f"local good, made = pcall(function() return {name} end) "
                             "if not good then local n = #t t = nil collectgarbage() return n, made end t[i] = made end return 'no end'")
        if "lrw" in name and result["VALUES"][:2] == [b"0", b"ENOENT"]:
            print("# this kernel has no lrw")
            continue
        ok(f"{name} for ever meets the cap", result["STATUS"] == 0 and result["VALUES"][0].isdigit() and
           5 < int(result["VALUES"][0]) < most and re.search(rb"ENOMEM|not enough memory", result["VALUES"][1]), result)
        ok("and gives all back", family.get("poor")["MEMORY"] < 200000, family.get("poor"))
    family.close("poor")


def elsewhere():
    result = lunatik("run", "-", "softirq", "--name", "soft", source='local c = require("crypto") print(#c.random(16), pcall(c.shash, "sha1"))')
    like("in the body of a softirq script", result.stdout + result.stderr, "16\tfalse\t.*class 'shash' needs a process runtime")
    stop("soft")
    install("ng", 'require("ng") local buf = buffer.new(16) buf[1] = 100 buf[16] = 255 printk("<4>hash " .. #crypto.sha1(buf) .. "\\n") '
            'printk(#crypto.random(7), type({ 123 })) print(gc_count() > 1000)')
    result = lunatik("run", "test/ng")
    equal("a script for lunatik-ng", result.stdout, "warning: hash 20\n7\ttable\ntrue\n")
    stop("test/ng")
    install("gives", 'local l = require("lunatik") l._ENV.hash = require("crypto").shash("sha256") l._ENV.bytes = require("buffer").new(2)')
    lunatik("run", "test/gives")
    gives("shared between runtimes", "require('lunatik') local e = require('lunatik')._ENV local b = e.bytes b[1] = 7 return hex(e.hash:digest('abc')):sub(1, 8), e.bytes[1]",
          "ba7816bf", 7)
    stop("test/gives")


def main():
    global family
    lunatik("load")
    family = Family(60 * SLOW)
    family.create("crypto")
    equal("the libraries", lua(PRELUDE + "return type(buffer), type(crypto)"), ["table", "table"])
    for part in (buffers, hashes, ciphers, randomness, cost, elsewhere):
        part()
    equal("close", family.close("crypto"), 0)
    family.socket.close()
    equal("unload", lunatik("unload").returncode, 0)
    lunatik("load")
    return finish()


sys.exit(main())
