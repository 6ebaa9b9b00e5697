# SPDX-License-Identifier: MIT
"""expect.py accepts what is as expected, and says what is not."""

import sys
import tempfile
import unittest
from pathlib import Path

import expect


class Difference(unittest.TestCase):
    expected = "first\n{2} \\d+ of 3\n{0,1} perhaps\nlast\n"

    def finds(self, output, message):
        self.assertEqual(expect.difference(self.expected, output), message)

    def test_what_is_expected_is_accepted(self):
        self.finds("first\n1 of 3\n22 of 3\nlast\n", None)
        self.finds("first\n1 of 3\n22 of 3\nperhaps\nlast\n", None)

    def test_another_line(self):
        self.finds("fist\n1 of 3\n2 of 3\nlast\n", "line 1 is 'fist'; expected: first")

    def test_a_line_that_only_begins_as_expected(self):
        self.finds("first\n1 of 31\n2 of 3\nlast\n", r"line 2 is '1 of 31'; expected: \d+ of 3")

    def test_too_few_of_a_repeated_line(self):
        self.finds("first\n1 of 3\nlast\n", r"line 3 is 'last'; expected: \d+ of 3")

    def test_too_many_of_a_repeated_line(self):
        self.finds("first\n1 of 3\n2 of 3\n3 of 3\nlast\n", "line 4 is '3 of 3'; expected: last")

    def test_an_output_that_ends_early(self):
        self.finds("first\n1 of 3\n2 of 3\n", "line 4 is missing; expected: last")

    def test_an_output_that_goes_on(self):
        self.finds("first\n1 of 3\n2 of 3\nlast\nmore\n", "line 5 is 'more'; expected: no more")


class Failure(unittest.TestCase):
    def run_program(self, program, expected="fine\n"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "program.expected")
            if expected is not None:
                path.write_text(expected)
            return expect.failure(path, [sys.executable, "-c", program])

    def test_a_program_that_does_as_expected(self):
        self.assertIsNone(self.run_program("print('fine')"))

    def test_another_output_is_shown(self):
        message = self.run_program("print('bad')")
        self.assertIn("line 1 is 'bad'; expected: fine", message)
        self.assertIn("-- standard output:\nbad\n", message)

    def test_an_exit_code_that_is_not_0(self):
        self.assertIn("exit code 3", self.run_program("print('fine'); raise SystemExit(3)"))

    def test_something_on_standard_error(self):
        program = "import sys; print('fine'); print('oops', file=sys.stderr)"
        self.assertIn("standard error:\noops", self.run_program(program))

    def test_nothing_to_compare_with(self):
        self.assertIn("there is no ", self.run_program("print('fine')", expected=None))


if __name__ == "__main__":
    unittest.main()
