#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns what `plait bench --json` wrote into one small table for each structure, FOLDER/STRUCTURE.tsv.

Example:
  plait bench --json build/result.json
  tools/bench_tables.py build/result.json bench/results

A row is an implementation of a workload in a shape: the median, minimum and maximum of its repetitions, and how many
times better one of plait's is than the best rival of the same run. A table that is there is replaced, but not by one
that lacks some of its rows. The first line of a table says on which machine, and from which commit.
"""

import argparse
import collections
import json
import statistics
import sys
from pathlib import Path

COLUMNS = ["workload", "shape", "implementation", "unit", "median", "min", "max", "times_better_than_best_rival",
           "cpu_ns_per_item", "sleeps_per_item", "futex_calls_per_item", "more"]  # fmt: skip

# The headline of a workload: the unit, the figure of one repetition, and whether more is better.
JUDGED_BY = {
    "items_per_second": ("M/s", lambda row: row["items_per_second"] / 1e6, True),
    "p99_us": ("us", lambda row: row["p99_us"], False),
    "real_time": ("ns", lambda row: row["real_time"], False),
    "cpu_time": ("CPU ms", lambda row: row["cpu_time"] * row["iterations"] / 1e6, False),
}
# Figures of a workload of which the table has the median.
TYPICAL = {"p50_us", "p99_us", "p99.9_us", "timer_p99_us", "per_second"}
# Every other figure of a repetition is one of the workload's own, such as the memory it took.
COMMON = {"name", "run_name", "run_type", "repetitions", "threads", "repetition_index", "iterations", "real_time",
          "cpu_time", "time_unit", "items_per_second", "judged_by", "voluntary_switches_per_item",
          "futex_calls_per_item"}  # fmt: skip


def digits(value, significant=3):
    """A figure with its significant digits, never in the form 1e+06."""
    if value == 0:
        return "0"
    rounded = float(f"{value:.{significant}g}")
    return f"{rounded:.10f}".rstrip("0").rstrip(".") if abs(rounded) < 1e6 else f"{rounded:.0f}"


def is_ours(implementation):
    return implementation.startswith("plait")


def median_of(rows, key):
    """Nothing if it was not counted. Less than a thousandth is noise that would only make tables differ."""
    if key not in rows[0]:
        return ""
    median = statistics.median(row[key] for row in rows)
    return digits(median) if median >= 0.001 else "0"


def ratio(implementation, medians, more_is_better):
    """How many times better it is than the best of the others' medians; nothing for the others."""
    rivals = [median for name, median in medians.items() if not is_ours(name)]
    if not is_ours(implementation) or not rivals:
        return ""
    ours, best = medians[implementation], (max if more_is_better else min)(rivals)
    better, worse = (ours, best) if more_is_better else (best, ours)
    return digits(better / worse) if worse else ""


def group_rows(group, implementations):
    """The rows of one workload and shape; `implementations` has the repetitions of each."""
    judged_by = next(iter(implementations.values()))[0]["judged_by"]
    unit, figure, more_is_better = JUDGED_BY[judged_by]
    figures = {name: [figure(row) for row in rows] for name, rows in implementations.items()}
    medians = {name: statistics.median(values) for name, values in figures.items()}
    for name in sorted(implementations, key=lambda name: (not is_ours(name), name)):
        rows = implementations[name]
        # Otherwise the largest: a repetition that reuses the memory of an earlier one shows no growth.
        shown = {key: statistics.median if key in TYPICAL else max for key in rows[0] if key not in COMMON}
        more = [f"{key}={digits(choose(row[key] for row in rows), 6)}" for key, choose in shown.items()]
        yield [*group, name, unit, digits(medians[name]), digits(min(figures[name])), digits(max(figures[name])),
               ratio(name, medians, more_is_better), median_of(rows, "cpu_time"),
               median_of(rows, "voluntary_switches_per_item"), median_of(rows, "futex_calls_per_item"), " ".join(more)]  # fmt: skip


def provenance(context, repetitions):
    return (f"# {context['cpu']}, {context['num_cpus']} processors; {context['compiler']}; commit {context['commit']}; "
            f"{context['date'][:10]}; {repetitions} repetitions of {context['seconds_per_repetition']:g} s")


def tables(results):
    """{structure: the text of its table}"""
    groups = collections.defaultdict(lambda: collections.defaultdict(list))
    repetitions = 0
    for row in results["benchmarks"]:
        if row["run_type"] == "iteration":
            structure, workload, shape, implementation = row["run_name"].split("/")
            groups[structure, workload, shape][implementation].append(row)
            repetitions = max(repetitions, len(groups[structure, workload, shape][implementation]))
    first = provenance(results["context"], repetitions)
    texts = collections.defaultdict(lambda: [first, "\t".join(COLUMNS)])
    for structure, *group in sorted(groups):
        rows = group_rows(group, groups[structure, *group])
        texts[structure] += ["\t".join(row) for row in rows]
    return {structure: "\n".join(lines) + "\n" for structure, lines in texts.items()}


def read(text):
    """The first line of a table, and its rows as dictionaries."""
    lines = text.splitlines()
    if len(lines) < 2 or lines[1].split("\t") != COLUMNS:
        raise ValueError("its second line does not name the columns of a table of this kind")
    return lines[0].removeprefix("# "), [dict(zip(COLUMNS, line.split("\t"), strict=True)) for line in lines[2:]]


def lost_rows(before, after):
    """The names of the rows that the table `before` has and the other one lacks."""
    names = [["/".join(list(row.values())[:3]) for row in read(text)[1]] for text in (before, after)]
    return [name for name in names[0] if name not in names[1]]


def write(results, folder):
    written = tables(results)
    if not written:
        raise ValueError("there is no repetition of anything in it")
    paths = {structure: folder / f"{structure}.tsv" for structure in written}
    for structure, path in paths.items():
        if path.exists() and (lost := lost_rows(path.read_text(), written[structure])):
            raise ValueError(f"it has no {structure}/{lost[0]}{f' (and {len(lost) - 1} more)' if lost[1:] else ''}, which "
                             f"{path} has: run all of ^{structure}/, or name another folder, or delete the table first")
    folder.mkdir(parents=True, exist_ok=True)
    for structure, path in paths.items():
        path.write_text(written[structure])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, help="what plait bench --json wrote")
    parser.add_argument("folder", type=Path, help="where the tables are")
    chosen = parser.parse_args()
    try:
        write(json.loads(chosen.results.read_text()), chosen.folder)
    except OSError as error:
        sys.exit(f"tools/bench_tables.py: {error.filename}: {error.strerror}")
    except KeyError as error:
        sys.exit(f"tools/bench_tables.py: {chosen.results} is not what plait bench --json writes: it has no {error}")
    except (ValueError, TypeError) as error:
        sys.exit(f"tools/bench_tables.py: {chosen.results}: {error}")


if __name__ == "__main__":
    main()
