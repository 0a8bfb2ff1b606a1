# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""What a suite's first lines say of it, and which suites run on which kernel."""

import contextlib
import importlib.machinery
import importlib.util
import io
import pathlib
import sys
import tempfile
import time
import unittest
import unittest.mock

HERE = pathlib.Path(__file__).resolve().parent


def load(name):
    """The program as a module: its file has no suffix that Python would know it by."""
    loader = importlib.machinery.SourceFileLoader(name, str(HERE / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    # Its dataclasses look for their module there.
    sys.modules[name] = module
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module


suite = load("suite")


def read(head):
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory) / "one.sh"
        path.write_text(f"#!/bin/bash\n# SPDX-License-Identifier: MIT OR GPL-2.0-only\n{head}\n")
        return suite.read_suite(path)


class Head(unittest.TestCase):
    def test_without_a_line(self):
        one = read("# Words of a suite.")
        self.assertEqual((one.kernels, one.timeout, one.alone, one.append), ({"stock"}, 60, False, ""))

    def test_kernels(self):
        self.assertEqual(read("# suite: core timeout=120").kernels, {"stock", "6.1", "debug"})
        self.assertEqual(read("# suite: debug").kernels, {"stock", "debug"})
        self.assertEqual(read("# suite: 6.1 timeout=120").kernels, {"stock", "6.1"})
        self.assertEqual(read("# suite: timeout=120").kernels, {"stock"})

    def test_limits_and_guests(self):
        one = read("# suite: core timeout=120")
        self.assertEqual((one.timeout, one.alone), (120, False))
        self.assertTrue(read("# suite: alone").alone)
        one = read("# suite: append=init_on_alloc=0")
        self.assertEqual((one.alone, one.append), (True, "init_on_alloc=0"))

    def test_a_line_further_down_is_none(self):
        self.assertEqual(read("\n" * 12 + "# suite: core").kernels, {"stock"})


class Choice(unittest.TestCase):
    suites = [read("# suite: core"), read("# suite: debug"), read("# suite: timeout=100")]

    def test_marked(self):
        self.assertEqual(suite.choose(self.suites, "stock", False), self.suites)
        self.assertEqual(suite.choose(self.suites, "debug", False), self.suites[:2])
        self.assertEqual(suite.choose(self.suites, "6.1", False), self.suites[:1])

    def test_quick_ones(self):
        suites = [read("# suite: core quick"), read("# suite: core"), read("# suite: quick")]
        self.assertEqual(suite.choose(suites, "debug", False, True), suites[:1])
        self.assertEqual(suite.choose(suites, "6.1", False, True), suites[:2])
        self.assertEqual(suite.choose(suites, "debug", False), suites[:2])
        self.assertTrue(suite.choose(suite.discover([]), "debug", False, True))

    def test_all_of_them(self):
        for kernel in ("stock", "6.1", "debug"):
            self.assertEqual(suite.choose(self.suites, kernel, True), self.suites)

    def test_every_suite_of_the_tree_is_read(self):
        found = suite.discover([])
        self.assertGreater(len(found), 40)
        self.assertGreater(len(suite.choose(found, "debug", False)), 10)

    def test_by_name(self):
        names = [one.path.name for one in suite.discover(["guest/reload.", "guest/matrix."])]
        self.assertEqual(names, ["matrix.py", "reload.sh"])
        self.assertEqual(suite.discover(["no such suite"]), [])


class Repeats(unittest.TestCase):
    """A guest in which QEMU itself went wrong is begun anew, and not for ever."""

    def run_batch(self, repeats, cause, before="ok 1 - fine"):
        with tempfile.TemporaryDirectory() as directory:
            stand_in = pathlib.Path(directory) / "guest"
            tests = [suite.Suite(suite.SUITES / name, frozenset({"stock"}), 60, False, "", False) for name in ("a.sh", "b.sh", "c.sh")]
            stand_in.write_text("#!/bin/sh\n" f"echo '# running {tests[0].path}'; echo 'ok 1 - {tests[0].path}'\n"
                                f"echo '# running {tests[1].path}'; echo '  KTAP version 1'; echo '  {before}'; echo 'guest: HARNESS: {cause}' >&2; exit 106\n")
            stand_in.chmod(0o755)
            batch, report = suite.Batch("stock", tests, 1, repeats), suite.Report()
            batch.directory = pathlib.Path(directory) / "logs"
            with unittest.mock.patch.object(suite, "HERE", pathlib.Path(directory)), \
                    contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()), \
                    unittest.mock.patch.object(batch, "_where", lambda: "logs"), unittest.mock.patch("os.path.relpath", lambda path, start: str(path)):
                left = batch.run(report)
        return [one.path.name for one in left], report.count.failed, batch.repeats

    def test_repeats(self):
        stale = f"{suite.verdict.STALE_CODE}: a breakpoint"
        self.assertEqual(self.run_batch(2, stale), (["b.sh", "c.sh"], 0, 1))
        self.assertEqual(self.run_batch(0, stale), (["c.sh"], 1, 0))
        self.assertEqual(self.run_batch(2, stale, "not ok 1 - a fault of ours"), (["c.sh"], 1, 2))
        self.assertEqual(self.run_batch(2, "kmemleak cannot be read"), (["c.sh"], 1, 2))


class Said(unittest.TestCase):
    """What the tests that failed say of it is shown at the end."""

    def test_comments_right_before_a_failure(self):
        lines = ["  # of one that passes\n", "  ok 1 - fine\n", "  # got 1\n", "  #   more\n", "  not ok 2 - two\n",
                 "  # long before\n", "  a word of the kernel's\n", "  not ok 3 - three\n"]
        self.assertEqual(suite.Batch.said(lines), ["# got 1", "#   more", "not ok 2 - two", "not ok 3 - three"])
        self.assertEqual(suite.Batch.said(["  ok 1 - fine\n"]), [])

    def test_not_all_of_many(self):
        said = suite.Batch.said(["not ok 1 - a\n"] * 100)
        self.assertEqual((len(said), said[-1]), (suite.SAID + 1, f"... and {100 - suite.SAID} lines more"))

    def test_at_the_end(self):
        report, out = suite.Report(), io.StringIO()
        with contextlib.redirect_stdout(out):
            report.note(False, "a.sh [stock]", "2 tests", ["# got 1", "not ok 2 - two"], passed=1, failed=1)
            report.finish()
        self.assertEqual(out.getvalue().splitlines()[-4:],
                         ["  a.sh [stock]: 2 tests", "      # got 1", "      not ok 2 - two", "1 passed, 1 failed"])


class DebugKernel(unittest.TestCase):
    """Its build beside the other tests, with other commands in place of the real one."""

    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)

    def built(self, script, minutes):
        """What in_time() says of a build by this script, what it reports, and whether the build still runs."""
        debug = suite.DebugKernel(pathlib.Path(self.directory.name) / "log", ("bash", "-c", script))
        self.addCleanup(debug.end)
        report = suite.Report()
        since = (time.monotonic() - suite.STARTED) / 60
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()):
            good = suite.in_time(report, debug, since + minutes)
        return good, report.count, out.getvalue(), debug.process.poll() is None

    def test_built_in_time(self):
        self.assertEqual(self.built("sleep 0.2", 1), (True, suite.Count(), "", False))

    def test_a_build_that_fails_counts(self):
        good, count, out, _ = self.built("exit 3", 1)
        self.assertEqual((good, count), (False, suite.Count(failed=1)))
        self.assertIn("does not build", out)

    def test_a_build_that_takes_too_long_is_ended_and_said(self):
        good, count, out, running = self.built("trap 'exit 1' INT; while :; do sleep 0.1; done", 0.01)
        self.assertEqual((good, count, running), (False, suite.Count(skipped=1), False))
        self.assertIn("LEFT OUT", out)

    def test_a_build_that_does_not_hear_is_ended_too(self):
        with unittest.mock.patch.object(suite.DebugKernel, "patience", 0.5):
            _, count, _, running = self.built("trap '' INT; while :; do sleep 0.1; done", 0.01)
        self.assertEqual((count, running), (suite.Count(skipped=1), False))

    def test_it_says_how_far_it_is(self):
        debug = suite.DebugKernel(pathlib.Path(self.directory.name) / "log", ("bash", "-c", "echo 7 % >&2; sleep 1"))
        self.addCleanup(debug.end)
        with contextlib.redirect_stderr(io.StringIO()) as said:
            self.assertEqual(debug.wait(time.monotonic() + 60, every=0.3), 0)
        self.assertIn("7 %\n", said.getvalue())


if __name__ == "__main__":
    unittest.main()
