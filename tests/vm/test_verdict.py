# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The verdict on recorded runs, good and bad, and on a good run with one thing changed at a time."""

import dataclasses
import json
import pathlib
import unittest

from verdict import Clock, End, Ktap, Stop, Verdict, judge, splats

HERE = pathlib.Path(__file__).resolve().parent
LISTS = splats((HERE / "splat.deny").read_text(), (HERE / "splat.allow").read_text())
RESULTS = "READY 6.12\nMODULES \nTAINT 12288\nSIGNING 1\nLOCKDEP 1\nKMEMLEAK 0\nEXIT 0\nEND\n"
KTAP = "KTAP version 1\n1..2\nok 1 - first\nok 2 - second\n"
CONSOLE = "[    1.000000] mtrr: your CPUs had inconsistent MTRRdefType settings\n[   10.0] reboot: Power down\n"


@dataclasses.dataclass
class Run:
    """A good run; a test changes what it is about."""

    results: str = RESULTS
    output: str = KTAP
    console: str = CONSOLE
    end: End = End(0)
    clock: Clock = Clock(10.0)

    def judge(self):
        return judge(self.results, self.output, self.console, self.end, self.clock, LISTS)

    def without(self, word):
        self.results = "".join(f"{line}\n" for line in self.results.splitlines() if not line.startswith(word))
        return self

    def record(self, line):
        """Replaces the record of the same name, or adds it before the last."""
        self.without(line.split()[0] + " ")
        self.results = self.results.replace("END\n", f"{line}\nEND\n")
        return self


class Recorded(unittest.TestCase):
    """Each directory of fixtures/ is a run as the harness recorded it, with the verdict it must get."""

    def test_every_recorded_run(self):
        directories = sorted(path for path in (HERE / "fixtures").iterdir() if path.is_dir())
        self.assertGreater(len(directories), 15)
        for directory in directories:
            with self.subTest(directory.name):
                told = json.loads((directory / "verdict.json").read_text())
                results, output, console = ((directory / f"{name}.log").read_bytes().decode(errors="replace").replace(
                    "\r", "") for name in ("results", "output", "console"))
                clock = dict(told["clock"], stop=Stop(told["clock"]["stop"]))
                judgement = judge(results, output, console, End(**told["end"]), Clock(**clock), LISTS)
                self.assertEqual((judgement.verdict.name, judgement.status, judgement.cause),
                                 (told["verdict"], told["status"], told["cause"]))

    def test_every_verdict_is_recorded(self):
        recorded = {json.loads(file.read_text())["verdict"] for file in (HERE / "fixtures").glob("*/verdict.json")}
        self.assertEqual(recorded, {verdict.name for verdict in Verdict})


class Changed(unittest.TestCase):
    def expect(self, run, verdict, cause="", status=None):
        judgement = run.judge()
        self.assertEqual(judgement.verdict, verdict, judgement.cause)
        self.assertIn(cause, judgement.cause)
        self.assertEqual(judgement.status, verdict.value if status is None else status)

    def test_good(self):
        self.expect(Run(), Verdict.PASS)

    def test_good_without_detectors(self):
        self.expect(Run().without("LOCKDEP").without("KMEMLEAK"), Verdict.PASS)

    def test_nothing_loaded(self):
        self.expect(Run().record("TAINT 0"), Verdict.PASS)

    def test_output_without_tests(self):
        self.expect(Run(output="Linux\n1 file\nok then\n"), Verdict.PASS)

    def test_unsigned_kernel(self):
        self.expect(Run().record("TAINT 4096").record("SIGNING 0"), Verdict.PASS)
        self.expect(Run().record("TAINT 4096"), Verdict.FAIL, "tainted 4096")
        self.expect(Run().record("SIGNING 0"), Verdict.FAIL, "tainted 12288")

    def test_taint(self):
        for taint in (12288 | 512, 12288 | 128, 512, 1, 12289, 12288 | 32):
            self.expect(Run().record(f"TAINT {taint}"), Verdict.FAIL, f"tainted {taint}")

    def test_lockdep(self):
        self.expect(Run().record("LOCKDEP 0"), Verdict.FAIL, "lockdep")

    def test_kmemleak(self):
        self.expect(Run().record("KMEMLEAK 1"), Verdict.FAIL, "1 lost object")
        leak = "LEAK   backtrace (crc 0):\nLEAK     kmalloc+0x1/0x2\nLEAK     0xff make [lunatik]\nEND\n"
        run = Run().record("KMEMLEAK 2")
        run.results = run.results.replace("END\n", leak)
        self.expect(run, Verdict.FAIL, "2 lost objects, the first allocated in 0xff make [lunatik]")

    def test_modules_left(self):
        self.expect(Run().record("MODULES lunatik lunatik_device"), Verdict.FAIL, "do not unload: lunatik lunatik_device")

    def test_unload_fails(self):
        self.expect(Run().record("UNLOAD 3 it is in use"), Verdict.FAIL, "status 3: it is in use")

    def test_unreadable_records(self):
        for word in ("EXIT", "TAINT", "SIGNING", "MODULES"):
            self.expect(Run().without(word), Verdict.HARNESS, word)
        for line in ("EXIT what", "TAINT ", "LOCKDEP ", "KMEMLEAK ", "SIGNING "):
            self.expect(Run().record(line), Verdict.HARNESS, line.split()[0])
        self.expect(Run().record("HARNESS kmemleak cannot be read"), Verdict.HARNESS, "kmemleak cannot be read")

    def test_exit_status_passes_through(self):
        self.expect(Run().record("EXIT 3"), Verdict.FAIL, "3", status=3)
        self.expect(Run().record("EXIT 130"), Verdict.FAIL, "130", status=130)
        self.expect(Run(output=KTAP.replace("ok 2", "not ok 2")).record("EXIT 3"), Verdict.FAIL, "not ok 2", status=3)
        # The kernel's trouble outweighs the command's.
        self.expect(Run().record("EXIT 3").record("TAINT 512"), Verdict.FAIL, "tainted")

    def test_failing_test_with_good_exit(self):
        self.expect(Run(output=KTAP.replace("ok 2", "not ok 2")), Verdict.FAIL, "not ok 2 second")

    def test_missing_tests(self):
        self.expect(Run(output=KTAP.replace("ok 2 - second\n", "")), Verdict.CRASHED, "1 of 2")
        self.expect(Run(output=KTAP.replace("1..2\n", "")), Verdict.CRASHED, "no plan")
        self.expect(Run(output=KTAP.replace("ok 1 - first\n", "")), Verdict.CRASHED, "test 1 is missing")
        self.expect(Run(output=KTAP + "ok 3 - more\n"), Verdict.CRASHED, "3 of 2")
        self.expect(Run(output="KTAP version 1\n1..1\n  KTAP version 1\n  1..2\n  ok 1 a\nok 1 b\n"), Verdict.CRASHED)

    def test_end_without_end(self):
        self.expect(Run().without("END"), Verdict.LOST, "status 0")
        self.expect(Run(end=End(-9)).without("END"), Verdict.LOST, "signal 9")
        self.expect(Run(results="", end=End(1, "qemu: no such device"), console=""), Verdict.HARNESS, "no such device")
        self.expect(Run(end=End(None, "no memory")), Verdict.HARNESS, "no memory")

    def test_limits(self):
        for stop, verdict in ((Stop.BOOT, Verdict.HUNG), (Stop.QUIET, Verdict.HUNG), (Stop.TIME, Verdict.TIMEOUT)):
            self.expect(Run(clock=Clock(60, 60, stop), end=End(-9)).without("END"), verdict, "60 s")
        self.expect(Run(clock=Clock(60, 60, Stop.POWEROFF), end=End(-9)), Verdict.HUNG, "power off")

    def test_console(self):
        for line in ("------------\nWARNING: CPU: 0 PID: 1 at kernel/x.c:1 f+0x1/0x2", "WARNING: suspicious RCU usage",
                     "BUG: KASAN: slab-use-after-free in f", "BUG kmalloc-64 (Not tainted): Poison overwritten",
                     "Oops: general protection fault, maybe for address 0x8: 0000 [#1]",
                     "INFO: task a:12 blocked for more than 120 seconds.", "watchdog: BUG: soft lockup - CPU#1 stuck",
                     "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:", "lunatik: 1 object left",
                     "lunatik: 12 objects left", "UBSAN: array-index-out-of-bounds in x.c:1", "refcount_t: underflow",
                     "lunatik[99]: segfault at 0 ip 0", "list_del corruption. prev->next should be",
                     "Memory cgroup out of memory: Killed", "a.out invoked oom-killer: gfp_mask=0x1",
                     "INFO: lockdep is turned off.", "WARNING: possible circular locking dependency detected"):
            run = Run(console=CONSOLE + f"[   11.123456] {line}\n")
            if line.startswith("Memory cgroup"):
                self.expect(run, Verdict.PASS)  # A test may set its own group a limit.
            else:
                self.expect(run, Verdict.CRASHED, line.splitlines()[-1])
            self.expect(Run(console=f"[   11.123456][ T123] {line}\n"),
                        Verdict.PASS if line.startswith("Memory") else Verdict.CRASHED)

    def test_a_breakpoint_that_stands_there(self):
        console = (HERE / "fixtures" / "stale-code" / "console.log").read_text()
        self.expect(Run(console=console), Verdict.HARNESS, "where 66 90 stands")
        self.expect(Run(console=console.replace("66 <90>", "cc <90>")), Verdict.CRASHED, "int3")
        # A module's code, code that has no name, and code that cannot be read, where a program's is shown further down.
        self.expect(Run(console=console.replace("+0x61/0x120", "+0x61/0x120 [lunatik_probe]")), Verdict.CRASHED, "int3")
        self.expect(Run(console=console.replace("ip_local_deliver+0x61/0x120", "0xffffffffc0a00010")), Verdict.CRASHED, "int3")
        self.expect(Run(console=console.replace("Code: ", "Code: Unable to access opcode bytes at 0x1.\nCode: ", 1)), Verdict.CRASHED, "int3")
        self.expect(Run(console="[    1.0] WARNING: suspicious RCU usage\n" + console), Verdict.CRASHED, "RCU")

    def test_every_denied_line_has_an_example(self):
        """The comments above an expression of splat.deny are lines that it, alone if need be, finds."""
        examples = []
        for line in (HERE / "splat.deny").read_text().splitlines()[3:]:
            if line.startswith("# "):
                examples.append(line[2:])
            elif line:
                self.assertTrue(examples, f"{line} has no example")
                alone = splats(line, (HERE / "splat.allow").read_text())
                for example in examples:
                    self.assertEqual(alone.first(f"[    1.234567] {example}\n"), example)
                examples = []

    def test_innocent_console(self):
        for line in ("lunatik: 0 objects left", "kasan: KernelAddressSanitizer initialized", "lunatik: debug: BUG: a script says so", "lunatik: test/x: WARNING: it is WARNING: me",
                     "kmemleak: Kernel memory leak detector initialized (mem pool available: 38669)"):
            self.expect(Run(console=f"[    1.0] {line}\n"), Verdict.PASS)

    def test_allowances(self):
        lists = splats("^WARNING: \n", "# a reason\nknown trouble\n")
        self.assertIsNone(lists.first("[ 1.0] WARNING: known trouble\n"))
        self.assertEqual(lists.first("[ 1.0] WARNING: other trouble\n"), "WARNING: other trouble")
        with self.assertRaisesRegex(ValueError, "no reason"):
            splats("", "# a reason\n\nknown trouble\n")

    def test_injected_failures(self):
        """The kernel's words about an allocation that a test let fail are no splat; the same words at any other time are."""
        trace = "CPU: 0 UID: 0 PID: 256 Comm: x\nCall Trace:\n <TASK>\n warn_alloc+0x24b/0x390\nRIP: 0033:0x7f8b\n </TASK>\n"
        begin, end = ("tests: allocations are let fail " + word for word in ("from here\n", "until here\n"))
        for said in ("x/1: vmalloc error: size 384, vm_struct allocation failed, mode:0xcc0(GFP_KERNEL), nodemask=(null)\n",
                     "__kmem_cache_create_args(lunatik_512) failed with error -12\n",
                     "__kmem_cache_create_args(lunatik_1024) failed with error -22\n", "x: page allocation failure: order:0, mode:0xcc0\n"):
            self.assertIsNone(LISTS.first(begin + said + trace + end))
            for console in (said + trace, begin + end + said + trace, begin + said + trace + trace, begin + trace):
                self.assertEqual(LISTS.first(console), "Call Trace:")
            inside = said + trace.replace(" <TASK>", "BUG: KASAN: slab-use-after-free in x")
            self.assertEqual(LISTS.first(begin + inside + end), "BUG: KASAN: slab-use-after-free in x")


class Tests(unittest.TestCase):
    def test_counts(self):
        ktap = Ktap("TAP version 13\nnoise\n1..4 # four\nok 1 a\nnot ok 2 b # XFAIL known\nok 3 - c # SKIP no\nnot ok 4 d\n")
        self.assertEqual((ktap.passed, ktap.failed, ktap.skipped, ktap.missing), (2, 1, 1, None))

    def test_subtests_count_instead_of_their_test(self):
        ktap = Ktap("KTAP version 1\n1..2\n  KTAP version 1\n  1..2\n  ok 1 a\n  not ok 2 b\nnot ok 1 x\nok 2 y\n")
        self.assertEqual((ktap.passed, ktap.failed, ktap.missing, ktap.first_failure), (2, 1, None, "not ok 2 b"))

    def test_failing_test_with_good_subtests(self):
        ktap = Ktap("KTAP version 1\n1..1\n  1..1\n  ok 1 a\nnot ok 1 x\n")
        self.assertEqual((ktap.passed, ktap.failed, ktap.missing), (1, 1, None))

    def test_plan_at_the_end(self):
        self.assertIsNone(Ktap("KTAP version 1\nok 1 a\nok 2 b\n1..2\n").missing)

    def test_two_documents(self):
        ktap = Ktap("KTAP version 1\n1..1\nok 1 a\nKTAP version 1\n1..2\nok 1 b\n")
        self.assertEqual((ktap.passed, ktap.missing), (2, "1 of 2 planned tests reported"))

    def test_nothing(self):
        self.assertFalse(Ktap("hello\nok 1 is what I say\n").present)


if __name__ == "__main__":
    unittest.main()
