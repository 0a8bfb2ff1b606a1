# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Judges a run of the guest: a pure function over what was recorded. QEMU exits 0 on a panic too, so nothing here
trusts its status; a guest passes only when every account of it says so."""

import dataclasses
import enum
import re


class Verdict(enum.Enum):
    """What a run amounts to; the value is the exit status of tests/vm/guest."""

    PASS = 0
    FAIL = 101
    CRASHED = 102
    HUNG = 103
    TIMEOUT = 104
    LOST = 105
    HARNESS = 106


class Stop(enum.Enum):
    """Why the harness ended QEMU itself, if it did."""

    NONE = "none"
    BOOT = "boot"
    QUIET = "quiet"
    TIME = "time"
    POWEROFF = "poweroff"


@dataclasses.dataclass(frozen=True)
class End:
    """QEMU's end: `status` as subprocess gives it (negative: a signal), None when it never started; `words` its stderr."""

    status: int | None
    words: str = ""


@dataclasses.dataclass(frozen=True)
class Clock:
    """How long the guest ran, and which limit it ran into."""

    elapsed: float = 0.0
    limit: float = 0.0
    stop: Stop = Stop.NONE


@dataclasses.dataclass(frozen=True)
class Judgement:
    verdict: Verdict
    cause: str
    status: int
    passed: int = 0
    failed: int = 0
    skipped: int = 0


class InjectedFailures:
    """Between two words of a test that lets the kernel's allocations fail, the kernel may say where one did: the trace below such a
    line is part of these words, and no splat. Anywhere else it is one."""

    SWITCH = re.compile(r"^tests: allocations are let fail (from|until) here$")
    SAID = re.compile(r"\ballocation fail(?:ed|ure)\b.* mode:|^__kmem_cache_create_args\(\S+\) failed with error -(?:12|22)$")
    TRACE = re.compile(r"^Call Trace:$|^RIP: 0033:")

    def __init__(self):
        self._on = self._trace = False

    def told(self, line):
        """Whether this line belongs to such a trace."""
        if match := self.SWITCH.match(line):
            self._on = match[1] == "from"
        self._trace = self._on and (self._trace and line.strip() != "</TASK>" or bool(self.SAID.search(line)))
        return self._trace and bool(self.TRACE.match(line))


@dataclasses.dataclass(frozen=True)
class Splats:
    """The console lines that fail a run, and the exceptions to them, each with its reason."""

    deny: tuple
    allow: tuple

    def first(self, console):
        """The first console line that is denied and not allowed, without its time stamp; None when there is none."""
        injected = InjectedFailures()
        for line in console.splitlines():
            line = re.sub(r"^\[ *\d+\.\d+\](\[ *[TC]\d+\])? ", "", line.rstrip())
            if injected.told(line):
                continue
            if any(pattern.search(line) for pattern in self.deny) and not any(p.search(line) for p in self.allow):
                return line
        return None


def splats(deny_text, allow_text):
    """Reads the two lists. A line is a regular expression, # begins a comment; an allowance without a comment directly
    above it has no reason, and is an error."""
    def patterns(text, reasons):
        previous = ""
        for line in text.splitlines():
            if line.strip() and not line.startswith("#"):
                if reasons and not previous.startswith("#"):
                    raise ValueError(f"the allowance {line!r} has no reason above it")
                yield re.compile(line)
            previous = line
    return Splats(tuple(patterns(deny_text, False)), tuple(patterns(allow_text, True)))


@dataclasses.dataclass
class _Level:
    """The results at one indentation: a document, or the subtests of a test."""

    indent: int
    planned: int | None = None
    seen: int = 0
    failed: int = 0


class Ktap:
    """The tests that an output reports; a test with subtests counts as these. Lines that are not KTAP are allowed
    anywhere, as its specification says."""

    VERSION = re.compile(r"^( *)K?TAP version \d+\s*$")
    PLAN = re.compile(r"^( *)1\.\.(\d+)(?:\s*#.*)?\s*$")
    RESULT = re.compile(r"^( *)(not )?ok (\d+)(?: -)?\s*(.*?)\s*(?:# *(SKIP|XFAIL|TODO|TIMEOUT|ERROR)\b.*)?$", re.I)
    EXPECTED = ("XFAIL", "TODO")

    def __init__(self, output):
        self.passed = self.failed = self.skipped = 0
        self.first_failure = self.missing = None
        self.present = False
        self._levels = []
        for line in output.splitlines():
            self._line(line)
        self._close(0)

    def _line(self, line):
        if match := self.VERSION.match(line):
            self._close(len(match[1]))
            self._open(len(match[1]))
        elif match := self.PLAN.match(line):
            indent = len(match[1])
            level = self._level(indent) or self._open(indent)
            level.planned = int(match[2])
        elif match := self.RESULT.match(line):
            self._result(len(match[1]), bool(match[2]), int(match[3]), match[4], (match[5] or "").upper())

    def _open(self, indent):
        self.present = True
        self._close(indent)
        self._levels.append(_Level(indent))
        return self._levels[-1]

    def _level(self, indent):
        return next((level for level in self._levels if level.indent == indent), None)

    def _result(self, indent, bad, number, name, directive):
        level = self._level(indent)
        if not level:
            return  # Words of somebody who reports no tests.
        nested = [inner for inner in self._levels if inner.indent > indent]
        self._close(indent + 1)
        level.seen += 1
        if number != level.seen:
            self._miss(f"test {level.seen} is missing: {number} '{name}' came instead")
            level.seen = number
        bad = bad and directive not in self.EXPECTED
        if bad and not any(inner.failed for inner in nested):
            self.failed += 1
            self.first_failure = self.first_failure or f"not ok {number} {name}".rstrip()
        elif directive == "SKIP":
            self.skipped += 1
        elif not nested:
            self.passed += 1
        level.failed += bad or any(inner.failed for inner in nested)

    def _close(self, indent):
        """Ends the levels at this indentation or deeper: each must have kept its plan."""
        while self._levels and self._levels[-1].indent >= indent:
            level = self._levels.pop()
            if level.planned is None:
                self._miss("the tests have no plan")
            elif level.seen != level.planned:
                self._miss(f"{level.seen} of {level.planned} planned tests reported")

    def _miss(self, what):
        self.missing = self.missing or what


# How the cause begins where QEMU is to blame; such a run says nothing, and is to be repeated.
STALE_CODE = "QEMU ran code that the kernel had replaced"


def stale_code(console):
    """The cause, if the kernel met a breakpoint that is not there: QEMU before 8.1 translates a page without its lock, and keeps for good
    what it read while another CPU patched it (its commit "accel/tcg: Always lock pages before translation"). What the kernel prints as
    its code then is what stands there really. None where that is a breakpoint, or cannot be read, or is no code of the kernel's own."""
    words = console.partition("Oops: int3: ")[2]
    where = re.search(r"\bRIP: (.*)", words)
    code = re.search(r"\bCode: (.*)", words)
    place = where and re.fullmatch(r"0010:(\w+\+0x[0-9a-f]+/0x[0-9a-f]+)\s*", where[1])
    stands = code and re.search(r"\b([0-9a-f]{2}) <([0-9a-f]{2})>", code[1])
    if not place or not stands or stands[1] == "cc" or code.start() < where.start():
        return None
    return f"{STALE_CODE}: a breakpoint at {place[1]}, where {stands[1]} {stands[2]} stands"


def _records(results):
    """The guest's records: {word: [rest of line, ...]}."""
    records = {}
    for line in results.splitlines():
        word, _, rest = line.rstrip().partition(" ")
        records.setdefault(word, []).append(rest)
    return records


def judge(results, output, console, end, clock, lists):
    """The one judgement over a run: (result records, command output, console, QEMU's end, clock) -> Judgement."""
    ktap = Ktap(output)

    def be(verdict, cause, status=None):
        return Judgement(verdict, cause, verdict.value if status is None else status,
                         ktap.passed, ktap.failed, ktap.skipped)

    if end.status is None:
        return be(Verdict.HARNESS, f"QEMU did not start: {_first(end.words)}")
    records = _records(results)
    if splat := lists.first(console):
        stale = splat.startswith("Oops: int3: ") and stale_code(console)
        return be(Verdict.HARNESS, stale) if stale else be(Verdict.CRASHED, splat)
    if "HARNESS" in records:
        return be(Verdict.HARNESS, records["HARNESS"][0])
    if "END" not in records:
        return be(*_unfinished(records, console, end, clock))
    if clock.stop is not Stop.NONE:
        return be(Verdict.HUNG, "the guest does not power off")
    if trouble := _missing_record(records):
        return be(Verdict.HARNESS, trouble)
    if ktap.present and ktap.missing:
        return be(Verdict.CRASHED, f"{ktap.missing} (the command's exit status: {records['EXIT'][0]})")
    if trouble := _kernel_trouble(records):
        return be(Verdict.FAIL, trouble)
    status = int(records["EXIT"][0])
    if ktap.failed:
        return be(Verdict.FAIL, ktap.first_failure, status or None)
    if status:
        return be(Verdict.FAIL, f"the command's exit status is {status}", status)
    return be(Verdict.PASS, "")


def _allocator(leak):
    """Who allocated the first lost object: the first frame of its backtrace in a module, else nothing."""
    frame = next((line.strip() for line in leak if re.search(r"\[\w+\]$", line)), None)
    return f", the first allocated in {frame}" if frame else ""


def _first(words):
    return (words.strip().splitlines() or ["it says nothing"])[0]


def _unfinished(records, console, end, clock):
    """The verdict on a guest that never said END."""
    where = "after it was up" if "READY" in records else "before it was up"
    if clock.stop is Stop.BOOT:
        return Verdict.HUNG, f"the guest was not up within {clock.limit:.0f} s"
    if clock.stop is Stop.QUIET:
        return Verdict.HUNG, f"the guest said nothing for {clock.limit:.0f} s"
    if clock.stop is Stop.TIME:
        return Verdict.TIMEOUT, f"the guest was not done within {clock.limit:.0f} s"
    if end.status > 0 and not console.strip():
        return Verdict.HARNESS, f"QEMU did not start: {_first(end.words)}"
    how = f"by signal {-end.status}" if end.status < 0 else f"with status {end.status}"
    return Verdict.LOST, f"the guest ended {where} without a result; QEMU ended {how}"


def _missing_record(records):
    for word in ("EXIT", "TAINT", "SIGNING", "MODULES"):
        if word not in records or word != "MODULES" and not records[word][0].isdigit():
            return f"the guest's {word} record is missing or unreadable"
    for word in ("LOCKDEP", "KMEMLEAK"):
        if word in records and not records[word][0].isdigit():
            return f"the guest's {word} record is unreadable"
    return None


def _kernel_trouble(records):
    """What the kernel itself says is wrong after the command; None when nothing is."""
    if "UNLOAD" in records:
        status, _, words = records["UNLOAD"][0].partition(" ")
        return f"`lunatik unload` fails with status {status}: {words.strip()}"
    if left := records["MODULES"][0].strip():
        return f"modules that do not unload: {left}"
    taint, loaded = int(records["TAINT"][0]), 12288 if records["SIGNING"][0] == "1" else 4096
    if taint not in (0, loaded):
        return f"the kernel is tainted {taint}, loading our modules gives {loaded}"
    if records.get("LOCKDEP", ["1"])[0] != "1":
        return "lockdep has switched itself off"
    if leaks := int(records.get("KMEMLEAK", ["0"])[0]):
        return f"kmemleak: {leaks} lost object{'s' if leaks > 1 else ''}{_allocator(records.get('LEAK', []))}"
    return None
