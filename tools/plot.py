#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the figures of one workload as SVG: a row for each implementation, a column for each shape.

Example:
  plait bench --filter bounded_queue/throughput/ --json result.json
  tools/plot.py result.json bounded_queue/throughput docs/bounded_queue_throughput.svg
"""

import argparse
import json
import sys
from xml.sax.saxutils import escape

# The implementations that put a waiting thread to sleep. The others yield for ever, at full load.
SLEEPING = ["plait", "moodycamel_blocking", "moodycamel_bounded", "mutex_condvar", "tbb"]

LABEL_WIDTH, COLUMN_WIDTH, BAR_WIDTH, ROW_HEIGHT, MARGIN = 158, 146, 96, 21, 18
OURS, OTHERS, INK, FAINT = "#1f6feb", "#9aa4af", "#1f2328", "#59636e"


def read(path, workload):
    """The context, and {implementation: {shape: {"median": …, "min": …, "max": …}}} in items a second."""
    with open(path, encoding="utf-8") as file:
        results = json.load(file)
    figures = {}
    for row in results["benchmarks"]:
        if row["run_type"] == "aggregate" and row["run_name"].startswith(workload + "/"):
            shape, implementation = row["run_name"].removeprefix(workload + "/").split("/")
            cell = figures.setdefault(implementation, {}).setdefault(shape, {})
            cell[row["aggregate_name"]] = row["items_per_second"]
    if not figures:
        sys.exit(f"tools/plot.py: {path} has nothing about {workload}")
    return results["context"], figures


def in_groups(figures):
    """The implementations in two groups, each with plait's first and then the fastest."""

    def fastest_first(name):
        return (not name.startswith("plait"), -max(cell["median"] for cell in figures[name].values()))

    sleeping = sorted((name for name in figures if name in SLEEPING), key=fastest_first)
    yielding = sorted((name for name in figures if name not in SLEEPING), key=fastest_first)
    groups = [("waiting threads sleep", sleeping), ("waiting threads yield for ever", yielding)]
    return [(title, names) for title, names in groups if names]


def text(x, y, content, size=12, color=INK, anchor="start", weight="normal"):
    return (f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{color}" text-anchor="{anchor}" '
            f'font-weight="{weight}">{escape(content)}</text>')


def bar(x, y, cell, scale, color):
    """The median as a bar, the minimum and maximum as a whisker over it."""
    low, high = x + cell["min"] * scale, x + cell["max"] * scale
    middle = y + ROW_HEIGHT / 2 - 1
    yield f'<rect x="{x:g}" y="{y + 2:g}" width="{cell["median"] * scale:.1f}" height="{ROW_HEIGHT - 6}" fill="{color}"/>'
    yield f'<path d="M{low:.1f} {middle:g}H{high:.1f}" stroke="{INK}" stroke-width="1" opacity="0.55"/>'
    millions = cell["median"] / 1e6
    yield text(high + 5, middle + 4, f"{millions:.0f}" if millions >= 9.95 else f"{millions:.1f}", 11)


def draw(context, workload, figures):
    shapes = sorted({shape for cells in figures.values() for shape in cells})
    scale = BAR_WIDTH / max(cell["max"] for cells in figures.values() for cell in cells.values())
    groups = in_groups(figures)
    width = 2 * MARGIN + LABEL_WIDTH + COLUMN_WIDTH * len(shapes)

    parts = [text(MARGIN, 30, f"{workload}: million items a second", 16, weight="bold"),
             text(MARGIN, 49, f'{context["cpu"]}, {context["num_cpus"]} processors; {context["compiler"]}; commit '
                              f'{context["commit"]}; {context["date"][:10]}; median, minimum and maximum of one run',
                  11, FAINT)]
    y = 74
    for column, shape in enumerate(shapes):
        parts.append(text(MARGIN + LABEL_WIDTH + column * COLUMN_WIDTH, y, shape, 13, weight="bold"))
    for title, names in groups:
        y += 20
        parts.append(text(MARGIN, y, title, 11, FAINT))
        y += 6
        for name in names:
            ours = name.startswith("plait")
            parts.append(text(MARGIN, y + ROW_HEIGHT / 2 + 3, name, weight="bold" if ours else "normal"))
            for column, shape in enumerate(shapes):
                if shape in figures[name]:
                    x = MARGIN + LABEL_WIDTH + column * COLUMN_WIDTH
                    parts.extend(bar(x, y, figures[name][shape], scale, OURS if ours else OTHERS))
            y += ROW_HEIGHT
    height = y + MARGIN
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif">',
        f'<rect width="{width}" height="{height}" fill="white"/>', *parts, "</svg>", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", help="what plait bench --json wrote")
    parser.add_argument("workload", help="structure/workload, for example bounded_queue/throughput")
    parser.add_argument("svg", help="the file to write")
    chosen = parser.parse_args()
    try:
        context, figures = read(chosen.results, chosen.workload)
        with open(chosen.svg, "w", encoding="utf-8") as file:
            file.write(draw(context, chosen.workload, figures))
    except OSError as error:
        sys.exit(f"tools/plot.py: {error.filename}: {error.strerror}")
    except (ValueError, KeyError, TypeError) as error:
        sys.exit(f"tools/plot.py: {chosen.results} is not what plait bench --json writes: {error!r}")


if __name__ == "__main__":
    main()
