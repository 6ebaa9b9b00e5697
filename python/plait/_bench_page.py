# SPDX-License-Identifier: MIT
"""The page of `python -m plait bench --html`: that of the C++ library's `plait bench --html`, with other figures."""

from __future__ import annotations

import datetime
import importlib.metadata
import importlib.resources
import json
import os
import platform
import statistics
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .bench import WORKLOADS, Cost, Row

# Debian's libjs-chart.js. Without it the page shows tables alone, and says so.
CHARTS = Path("/usr/share/javascript/chart.js/chart.min.js")

Results = Iterable[tuple[Row, dict[str, list[Cost]]]]


def page(results: Results, python: str, missing: list[str]) -> str:
    results = list(results)
    data = {
        "context": _context(python, missing),
        "benchmarks": [line for row, seen in results for line in _lines(row, seen)],
        "workloads": _workloads(row for row, _ in results),
    }
    parts = importlib.resources.files("plait") / "page"
    frame = (parts / "page.html").read_text(encoding="utf-8")
    for mark, text in (
        ("@STYLE@", (parts / "page.css").read_text(encoding="utf-8")),
        # Within a script element; no markup can begin.
        ("@DATA@", json.dumps(data).replace("<", "\\u003c")),
        ("@CHART@", CHARTS.read_text(encoding="utf-8") if CHARTS.exists() else ""),
        ("@SCRIPT@", (parts / "page.js").read_text(encoding="utf-8")),
    ):
        frame = frame.replace(mark, text, 1)
    return frame


def _context(python: str, missing: list[str]) -> dict[str, Any]:
    return {
        "python": python,
        "plait": importlib.metadata.version("plait"),
        "cpu": _processor(),
        "num_cpus": os.cpu_count(),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "load_avg": os.getloadavg(),
        "missing_rivals": missing,
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _lines(row: Row, seen: dict[str, list[Cost]]) -> Iterable[dict[str, Any]]:
    """The median, smallest and largest figures of each contender, as Google Benchmark writes them."""
    for name, costs in seen.items():
        for aggregate, choose in ("median", statistics.median), ("min", min), ("max", max):
            yield {
                "run_name": f"{row.structure}/{row.workload}/{row.shape}/{name}",
                "judged_by": "real_time" if row.has_threads else "cpu_time",
                "aggregate_name": aggregate,
                "repetitions": len(costs),
                "real_time": choose(cost.real for cost in costs),
                "cpu_time": choose(cost.cpu for cost in costs),
                "voluntary_switches_per_item": choose(cost.sleeps for cost in costs),
            }


def _workloads(rows: Iterable[Row]) -> str:
    """What each means, as the tables of bench/workloads.md say it."""
    named = {(row.structure, row.workload): None for row in rows}
    structures = {structure: None for structure, _ in named}
    return "\n".join(
        f"## {each}\n"
        + "\n".join(f"| `{workload}` | {WORKLOADS[workload]} | |" for structure, workload in named if structure == each)
        for each in structures
    )
