# SPDX-License-Identifier: MIT
"""Tests of bench_tables.py's tables and plot.py's drawings."""

import copy
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import bench_tables
import plot

CONTEXT = {"date": "2026-01-02T03:04:05Z", "num_cpus": 2, "cpu": "Some CPU", "compiler": "GNU 12", "commit": "abc",
           "seconds_per_repetition": 0.2}  # fmt: skip


def run_of(*benchmarks):
    """What plait bench --json writes, with a row for each value; each benchmark is (name, judged_by, values, more)."""
    rows = []
    for name, judged_by, values, more in benchmarks:
        for value in values:
            figures = {"items_per_second": 1.0, "real_time": 1.0, "cpu_time": 1.0, judged_by: value} | more
            rows.append({"run_name": name, "run_type": "iteration", "iterations": 1, "judged_by": judged_by,
                         "voluntary_switches_per_item": 1e-7} | figures)  # fmt: skip
        rows.append({"run_name": name, "run_type": "aggregate", "aggregate_name": "median", "items_per_second": 0.0})
    return {"context": CONTEXT, "benchmarks": rows}


THROUGHPUT = run_of(
    ("queue/throughput/1P1C/plait", "items_per_second", [30e6, 10e6, 20e6], {}),
    ("queue/throughput/1P1C/slow", "items_per_second", [5e6, 5e6, 5e6], {}),
    ("queue/throughput/1P1C/best", "items_per_second", [8e6, 8e6, 9e6], {}),
)


def rows_of(results, structure="queue"):
    return bench_tables.read(bench_tables.tables(results)[structure])[1]


class Tables(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)

    def test_a_row_has_median_minimum_and_maximum_and_the_ratio_to_the_best_rival(self):
        ours, *others = rows_of(THROUGHPUT)
        self.assertEqual([ours[key] for key in ("implementation", "unit", "median", "min", "max")],
                         ["plait", "M/s", "20", "10", "30"])  # fmt: skip
        self.assertEqual(ours["times_better_than_best_rival"], "2.5")
        self.assertEqual([row["implementation"] for row in others], ["best", "slow"])
        self.assertEqual({row["times_better_than_best_rival"] for row in others}, {""})

    def test_where_less_is_better_the_ratio_says_how_much_less(self):
        for judged_by, unit, scale in (("real_time", "ns", 1), ("cpu_time", "CPU ms", 1e6), ("p99_us", "us", 1)):
            with self.subTest(judged_by):
                ours, _ = rows_of(run_of(("queue/x/1T/plait", judged_by, [4.0 * scale], {}),
                                         ("queue/x/1T/rival", judged_by, [12.0 * scale], {})))  # fmt: skip
                self.assertEqual((ours["unit"], ours["median"], ours["times_better_than_best_rival"]), (unit, "4", "3"))

    def test_without_rivals_there_is_no_ratio(self):
        (ours,) = rows_of(run_of(("queue/x/1T/plait", "items_per_second", [1e6], {})))
        self.assertEqual(ours["times_better_than_best_rival"], "")

    def test_figures_of_a_workload_of_its_own_are_kept(self):
        (ours,) = rows_of(run_of(("queue/x/1T/plait", "items_per_second", [1e6, 1e6], {"resident_bytes_full": 528384.0})))
        self.assertEqual(ours["more"], "resident_bytes_full=528384")

    def test_of_the_percentiles_the_median_is_kept_and_of_the_longest_the_longest(self):
        run = run_of(("queue/latency/10k/plait", "p99_us", [3.0, 1.0, 2.0], {}))
        for row, longest in zip(run["benchmarks"], (7.0, 9.0, 8.0)):
            row["max_us"] = longest
        (ours,) = rows_of(run)
        self.assertEqual(ours["more"], "p99_us=2 max_us=9")

    def test_the_order_of_the_run_does_not_show(self):
        backwards = copy.deepcopy(THROUGHPUT)
        backwards["benchmarks"].reverse()
        self.assertEqual(bench_tables.tables(backwards), bench_tables.tables(THROUGHPUT))

    def test_a_table_says_where_it_is_from(self):
        first = bench_tables.tables(THROUGHPUT)["queue"].splitlines()[0]
        self.assertEqual(first, "# Some CPU, 2 processors; GNU 12; commit abc; 2026-01-02; 3 repetitions of 0.2 s")

    def test_figures_are_never_written_with_an_exponent(self):
        written = [bench_tables.digits(value) for value in (0, 1234567.0, 123456.0, 0.0001234, 99.95)]
        self.assertEqual(written, ["0", "1230000", "123000", "0.000123", "100"])

    def test_a_run_of_less_does_not_replace_a_table_of_more(self):
        bench_tables.write(THROUGHPUT, self.folder)
        before = (self.folder / "queue.tsv").read_text()
        less = {"context": CONTEXT, "benchmarks": [r for r in THROUGHPUT["benchmarks"] if "/slow" not in r["run_name"]]}
        with self.assertRaisesRegex(ValueError, "no queue/throughput/1P1C/slow, which .*queue.tsv has"):
            bench_tables.write(less, self.folder)
        self.assertEqual((self.folder / "queue.tsv").read_text(), before)

    def test_a_run_of_as_much_or_more_replaces_a_table(self):
        bench_tables.write(run_of(("queue/throughput/1P1C/plait", "items_per_second", [1e6], {})), self.folder)
        bench_tables.write(THROUGHPUT, self.folder)
        self.assertEqual((self.folder / "queue.tsv").read_text(), bench_tables.tables(THROUGHPUT)["queue"])

    def test_what_is_not_a_run_is_refused_with_a_message_that_names_the_file(self):
        for text in ("no JSON", "{}", json.dumps({"context": CONTEXT, "benchmarks": []})):
            with self.subTest(text):
                path = self.folder / "r.json"
                path.write_text(text)
                done = subprocess.run([sys.executable, bench_tables.__file__, path, self.folder / "out"],
                                      capture_output=True, text=True)  # fmt: skip
                self.assertEqual(done.returncode, 1)
                self.assertIn(str(path), done.stderr)
                self.assertNotIn("Traceback", done.stderr)

    def test_every_committed_table_can_be_read(self):
        tables = list((Path(__file__).parent.parent / "bench/results").glob("*.tsv"))
        self.assertTrue(tables)
        for path in tables:
            self.assertTrue(bench_tables.read(path.read_text())[1], path)

    def test_plot_draws_a_bar_for_each_row_of_the_workload(self):
        bench_tables.write(THROUGHPUT, self.folder)
        made_on, figures = plot.read(self.folder / "queue.tsv", "throughput")
        self.assertEqual(figures["plait"], {"1P1C": {"median": 20, "min": 10, "max": 30}})
        drawing = plot.draw("queue/throughput", "Items < pass; capacity 1024", made_on, figures)
        self.assertEqual(drawing.count("<rect"), 1 + 3)  # the background and a bar each
        self.assertIn("commit abc", drawing)
        self.assertIn("Items &lt; pass; capacity 1024", drawing)

    def test_plot_explains_workload_and_shapes(self):
        self.assertIn("capacity 1024", plot.explained_workload("bounded_queue", "throughput"))
        self.assertIn("64 bytes", plot.explained_workload("bounded_queue", "throughput_64B"))
        with self.assertRaisesRegex(ValueError, "does not say what bounded_queue/no_such is"):
            plot.explained_workload("bounded_queue", "no_such")
        self.assertEqual(plot.explained_shape("1P4C"), "1 producer, 4 consumers")
        self.assertEqual(plot.explained_shape("1T"), "1 thread")

    def test_plot_names_the_workloads_there_are(self):
        bench_tables.write(THROUGHPUT, self.folder)
        with self.assertRaisesRegex(ValueError, "no workload 'pair'; there are throughput"):
            plot.read(self.folder / "queue.tsv", "pair")


if __name__ == "__main__":
    unittest.main()
