# SPDX-License-Identifier: MIT
"""python -m plait tour: each chapter runs, and what plait does in it holds."""

import contextlib
import io
import subprocess
import sys
import unittest

from plait import tour


class Tour(unittest.TestCase):
    def test_every_chapter_runs(self):
        for name in tour.CHAPTERS:
            with self.subTest(name):
                out = io.StringIO()
                with contextlib.redirect_stdout(out):
                    self.assertEqual(tour.main([name]), 0)
                for part in (
                    r"    Python +\d+ ms   \w+",
                    r"    plait +\d+ ms   \w+",
                    r"    \| import threading|    \| from plait",
                    r"    > \w+",
                ):
                    self.assertRegex(out.getvalue(), part)

    def test_plait_loses_nothing(self):
        with tour.frequent_turns():
            self.assertRegex(tour.no_race(), "200,000 added, 200,000 counted: 0 lost")
            self.assertRegex(tour.exact_counter(), "32,000 added, 32,000 counted: 0 lost")
            self.assertRegex(tour.single_flight(), "40 threads asked for 5 pages, which were rendered 5 times")
            self.assertRegex(tour.plait_queue(), "sum 199,990,000")
            self.assertRegex(tour.no_threads_for_tasks(), "50 tasks waited with 1 thread; they got 1225")
            self.assertRegex(tour.no_deadlock(), "2,000 are left of 2,000")

    def test_the_problems_are_real(self):
        """Those that do not depend on when threads take turns."""
        loads = int(tour.stampede().split()[-2])
        self.assertGreater(loads, 2 * tour.PAGES)
        self.assertRegex(tour.deadlock(), "^2 of 2 threads")
        self.assertGreater(int(tour.threads_for_tasks().split()[4]), 5)

    def test_a_chapter_that_is_not_there(self):
        done = subprocess.run(
            [sys.executable, "-m", "plait", "tour", "nonsense"], capture_output=True, text=True, timeout=60
        )
        self.assertEqual(done.returncode, 2)
        self.assertIn("there is no chapter 'nonsense'; there are race, counter", done.stderr)

    def test_the_program_says_what_it_can(self):
        done = subprocess.run([sys.executable, "-m", "plait"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("python -m plait tour [CHAPTER...]", done.stderr)


if __name__ == "__main__":
    unittest.main()
