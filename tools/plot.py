#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the figures of one workload as SVG: a row for each implementation, a column for each shape.

Example:
  tools/plot.py bench/results/bounded_queue.tsv throughput docs/bounded_queue_throughput.svg
"""

import argparse
import re
import sys
from pathlib import Path
from xml.sax.saxutils import escape

import bench_tables

# The implementations that put a waiting thread to sleep. The others yield, and use a whole processor.
SLEEPING = ["plait", "moodycamel_blocking", "moodycamel_bounded", "mutex_condvar", "tbb"]

LABEL_WIDTH, COLUMN_WIDTH, BAR_WIDTH, ROW_HEIGHT, MARGIN = 158, 152, 96, 21, 18
OURS, OTHERS, INK, FAINT = "#1f6feb", "#9aa4af", "#1f2328", "#59636e"


WORKLOADS = Path(__file__).resolve().parent.parent / "bench" / "workloads.md"


def explained_workload(structure, workload):
    """What workloads.md says that happens."""
    section = re.search(rf"^## {structure}$(.*?)(^## |\Z)", WORKLOADS.read_text(), re.DOTALL | re.MULTILINE)
    row = section and re.search(rf"^\| `{workload}` \| ([^|]*) \|", section[1], re.MULTILINE)
    if not row:
        raise ValueError(f"{WORKLOADS.name} does not say what {structure}/{workload} is")
    return row[1][0].upper() + row[1][1:]


def explained_shape(shape):
    def counted(number, what):
        return f"{number} {what}{'' if number == '1' else 's'}"

    if found := re.fullmatch(r"(\d+)P(\d+)C", shape):
        return f"{counted(found[1], 'producer')}, {counted(found[2], 'consumer')}"
    return counted(shape.removesuffix("T"), "thread")


def read(path, workload):
    """The source of the figures, and {implementation: {shape: {"median": …, "min": …, "max": …}}} in millions a second."""
    made_on, rows = bench_tables.read(path.read_text())
    figures = {}
    for row in rows:
        if row["workload"] == workload:
            if row["unit"] != "M/s":
                raise ValueError(f"{workload} is judged by {row['unit']}; only workloads in M/s can be drawn")
            cell = {key: float(row[key]) for key in ("median", "min", "max")}
            figures.setdefault(row["implementation"], {})[row["shape"]] = cell
    if not figures:
        raise ValueError(f"it has no workload '{workload}'; there are {', '.join(dict.fromkeys(r['workload'] for r in rows))}")
    return made_on, figures


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
    millions = cell["median"]
    yield text(high + 5, middle + 4, f"{millions:.0f}" if millions >= 9.95 else f"{millions:.1f}", 11)


def draw(name, happens, made_on, figures):
    shapes = sorted({shape for cells in figures.values() for shape in cells})
    scale = BAR_WIDTH / max(cell["max"] for cells in figures.values() for cell in cells.values())
    groups = in_groups(figures)
    width = 2 * MARGIN + LABEL_WIDTH + COLUMN_WIDTH * len(shapes)

    parts = [text(MARGIN, 30, f"{name}: million items a second", 16, weight="bold"),
             text(MARGIN, 50, happens, 13),
             text(MARGIN, 68, f"{made_on}; median, minimum and maximum of one run", 11, FAINT)]
    y = 94
    for column, shape in enumerate(shapes):
        x = MARGIN + LABEL_WIDTH + column * COLUMN_WIDTH
        parts.append(text(x, y, shape, 13, weight="bold"))
        parts.append(text(x, y + 15, explained_shape(shape), 11, FAINT))
    y += 12
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
    parser.add_argument("table", type=Path, help="a table of bench/results")
    parser.add_argument("workload", help="for example throughput")
    parser.add_argument("svg", type=Path, help="the file to write")
    chosen = parser.parse_args()
    try:
        made_on, figures = read(chosen.table, chosen.workload)
        chosen.svg.write_text(draw(f"{chosen.table.stem}/{chosen.workload}", explained_workload(chosen.table.stem, chosen.workload), made_on, figures))
    except OSError as error:
        sys.exit(f"tools/plot.py: {error.filename}: {error.strerror}")
    except ValueError as error:
        sys.exit(f"tools/plot.py: {chosen.table}: {error}")


if __name__ == "__main__":
    main()
