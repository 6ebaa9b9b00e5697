# SPDX-License-Identifier: MIT
"""The tutorial's lessons as programs: each prints what its NAME.expected says."""

import contextlib
import io
import re
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LESSONS = ROOT / "examples/lessons/python/plait"
EXPECT = ROOT / "tests/support/expect.py"


class Lessons(unittest.TestCase):
    def test_each_prints_what_it_should(self):
        programs = sorted(LESSONS.glob("*.py"))
        self.assertTrue(programs)
        for program in programs:
            with self.subTest(program.stem):
                done = subprocess.run(
                    [sys.executable, EXPECT, program.with_suffix(".expected"), sys.executable, program],
                    capture_output=True,
                    text=True,
                    timeout=60,
                )
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class Pages(unittest.TestCase):
    def test_the_examples_of_the_pages_run(self):
        for page in "README.md", "python/README.md":
            examples = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
            self.assertTrue(examples, page)
            for example in examples:
                with self.subTest(page), contextlib.redirect_stdout(io.StringIO()):
                    exec(compile(example, page, "exec"), {})


if __name__ == "__main__":
    unittest.main()
