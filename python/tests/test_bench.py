# SPDX-License-Identifier: MIT
"""python -m plait bench: its lines and its page."""

import contextlib
import io
import json
import re
import statistics
import tempfile
import unittest
from pathlib import Path

from plait import bench


def run(*arguments):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = bench.main(list(arguments))
    return status, out.getvalue(), err.getvalue()


class Bench(unittest.TestCase):
    def test_a_row_has_a_line(self):
        status, out, _ = run("--rounds", "1", "--filter", "StatsDict")
        self.assertEqual(status, 0)
        self.assertRegex(out, r"StatsDict: hit, 1T +plait \d+   dict \d+ \([\d.e+-]+ times\)")
        self.assertEqual(len(out.splitlines()), 2)

    def test_lines_can_be_those_of_a_table(self):
        status, out, _ = run("--rounds", "1", "--filter", "StatsDict", "--markdown")
        self.assertEqual(status, 0)
        _, _, *head, line = out.splitlines()
        self.assertEqual("\n".join(head), bench.HEAD_OF_TABLE)
        self.assertRegex(line, r"^\| StatsDict: hit, 1T \| \d+ \| `dict` \d+ \([\d.e+-]+\) \|$")

    def test_every_row_says_what_it_measures_and_can_be_run(self):
        for row in bench.rows():
            with self.subTest(row.name):
                self.assertIn(row.workload, bench.WORKLOADS)
                self.assertEqual(next(iter(row.runs)), "plait")
                for run_it in row.runs.values():
                    run_it(64)

    def test_the_page_has_the_figures(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "page.html")
            run("--rounds", "3", "--filter", "Lifo", "--html", str(file))
            text = file.read_text()
        self.assertNotRegex(text, "@[A-Z]+@")
        data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])
        lines = {(line["run_name"], line["aggregate_name"]): line for line in data["benchmarks"]}
        name = "LifoQueue/put and get/endless/plait"
        least, median, most = (lines[name, which]["cpu_time"] for which in ("min", "median", "max"))
        self.assertTrue(0 < least <= median <= most)
        self.assertEqual(
            {name for name, _ in lines},
            {"LifoQueue/put and get/endless/plait", "LifoQueue/put and get/endless/queue.LifoQueue"},
        )
        self.assertIn("## LifoQueue\n| `put and get` | one thread", data["workloads"])

    def test_the_figures_are_of_one_operation(self):
        row = bench.Row("a", "add", "1T", {"plait": lambda count: sum(range(100 * count))}, 1000)
        costs = bench.measure(row, 3)["plait"]
        self.assertEqual(len(costs), 3)
        # A hundred additions take longer than one instruction each, and less than a second.
        self.assertTrue(20 < statistics.median(cost.cpu for cost in costs) < 1e9)

    def test_what_cannot_be_measured_is_refused(self):
        for wrong in (["--rounds", "0"], ["--filter", "no such row"], ["--html", "/no such folder/page.html"]):
            with self.assertRaises(SystemExit), contextlib.redirect_stderr(io.StringIO()):
                bench.main(wrong)


if __name__ == "__main__":
    unittest.main()
