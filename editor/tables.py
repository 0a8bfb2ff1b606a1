# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The method tables of built modules: what include/lunatik/abi.h declares, read out of the .ko files as the kernel will read
them, before anything is loaded. What a function returns no table says; the name of the C++ function behind it does."""

import dataclasses
import re
import struct
import subprocess

# enum lunatik_kind
KINDS = ("none", "nil", "boolean", "integer", "string", "bytes", "object", "function", "table", "buffer", "pointer", "constants",
         "record", "any", "symbol", "kept", "self", "user", "companion")
# LUNATIK_FUNCTION_*
METHOD, CONSTRUCTOR, SLEEPS, VARARGS, STOP = 1, 2, 4, 8, 16
# sizes of struct lunatik_parameter, luaL_Reg, lunatik_constants and lunatik_constant where long has 64 bits
PARAMETER, PAIR = 48, 16


@dataclasses.dataclass
class Parameter:
    kind: str
    optional: bool
    minimum: int
    maximum: int
    cls: str
    field: str


@dataclasses.dataclass
class Function:
    name: str
    parameters: list
    flags: int
    cls: str
    returns: str    # C++ type, or None


@dataclasses.dataclass
class Library:
    name: str
    functions: list
    classes: dict       # name: [Function]
    constants: dict     # table: {name: value}


class Module:
    """A relocatable ELF file of a 64-bit machine. An address is (section, offset)."""

    def __init__(self, path):
        self.bytes = path.read_bytes()
        if self.bytes[:5] != b"\x7fELF\x02":
            raise ValueError(f"{path} is not a 64-bit ELF file")
        self.order = "<" if self.bytes[5] == 1 else ">"
        start, = self._at("Q", 0x28)
        size, count, _ = self._at("HHH", 0x3a)
        self.sections = [self._at("IIQQQQIIQQ", start + n * size) for n in range(count)]
        self.symbols, self.relocations, self.at = [], {}, {}
        for section in self.sections:
            if section[1] == 2:
                self._read_symbols(section)
        for section in self.sections:
            if section[1] == 4:
                self._read_relocations(section)

    def _at(self, format, offset):
        return struct.unpack_from(self.order + format, self.bytes, offset)

    def _read_symbols(self, section):
        strings = self.sections[section[6]][4]
        for n in range(section[5] // 24):
            name, info, _, index, value, _ = self._at("IBBHQQ", section[4] + n * 24)
            end = self.bytes.index(b"\0", strings + name)
            symbol = (self.bytes[strings + name:end].decode(), index, value)
            self.symbols.append(symbol)
            if info & 15 in (1, 2):
                self.at.setdefault((index, value), symbol[0])

    def _read_relocations(self, section):
        for n in range(section[5] // 24):
            offset, info, addend = self._at("QQq", section[4] + n * 24)
            name, index, value = self.symbols[info >> 32]
            self.relocations[section[7], offset] = (index, value + addend, name)

    def number(self, format, address):
        return self._at(format, self.sections[address[0]][4] + address[1])[0]

    def pointer(self, address):
        """What the pointer there will point to; None for NULL. What another module has is (0, 0, its name)."""
        return self.relocations.get(tuple(address[:2]))

    def string(self, address):
        start = self.sections[address[0]][4] + address[1]
        return self.bytes[start:self.bytes.index(b"\0", start)].decode()

    def pointers(self, address):
        """The pointers of an array that NULL ends."""
        while address and (target := self.pointer(address)):
            yield target
            address = step(address, 8)


def step(address, size):
    return (address[0], address[1] + size)


def name_of(module, address):
    """The string that the pointer there points to, or None."""
    target = module.pointer(address)
    return module.string(target) if target else None


def class_name(module, address):
    """The name of the class that the pointer there points to; of one in another module its symbol is known only."""
    target = module.pointer(address)
    if not target:
        return None
    return name_of(module, target) if target[0] else target[2].removeprefix("lunatik_class_")


def returned(module, body):
    """The C++ type that a body returns: Body<role, Result<type> (*)(...) noexcept>::run<...>."""
    mangled = module.at.get(tuple(body[:2])) if body else None
    if not mangled:
        return None
    plain = subprocess.run(["c++filt", mangled], check=True, text=True, capture_output=True).stdout
    match = re.search(r"lunatik::Result<(.*?)>? ?\(\*\)\(", plain)
    return match[1].strip() if match else None


def read_function(module, address):
    start = module.pointer(step(address, 16))
    parameters = []
    for n in range(module.number("B", step(address, 24))):
        at = step(start, n * PARAMETER)
        # The library makes a companion itself: no script passes it.
        if KINDS[module.number("B", at)] == "companion":
            continue
        parameters.append(Parameter(KINDS[module.number("B", at)], bool(module.number("B", step(at, 1))),
                                    module.number("q", step(at, 8)), module.number("q", step(at, 16)),
                                    class_name(module, step(at, 24)), name_of(module, step(at, 32))))
    return Function(name_of(module, address), parameters, module.number("B", step(address, 25)),
                    class_name(module, step(address, 40)), returned(module, module.pointer(step(address, 8))))


def read_constants(module, address):
    values = {}
    while name := name_of(module, address):
        values[name] = module.number("q", step(address, 8))
        address = step(address, PAIR)
    return values


def read_library(module, address):
    constants, at = {}, module.pointer(step(address, 24))
    while at and (name := name_of(module, at)):
        constants[name] = read_constants(module, module.pointer(step(at, 8)))
        at = step(at, PAIR)
    classes = {name_of(module, cls): [read_function(module, function) for function in
                                      module.pointers(module.pointer(step(cls, 48)))]
               for cls in module.pointers(module.pointer(step(address, 16))) if cls[0]}
    return Library(name_of(module, address), [read_function(module, function) for function in
                                              module.pointers(module.pointer(step(address, 32)))], classes, constants)


def libraries(paths):
    """The libraries of the modules, by name."""
    found = {}
    for path in paths:
        module = Module(path)
        for name, index, value in module.symbols:
            if index and re.fullmatch(r"_ZZ\d+luaopen_\w+E7library|_ZN7lunatik\d+lunatik_library_\w+E", name):
                library = read_library(module, (index, value))
                found[library.name] = library
    return found
