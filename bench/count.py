#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures `plait count` on real text against what people use today, all in one run.

    bench/count.py [--repetitions N] [--build FOLDER] [--json FILE]

The text is made once, in build/text: what is plain text in the Debian packages linux-doc-6.1, dict-gcide and
anarchism (apt-get download; nothing is installed), as one file and as a folder of many small ones. The
programs run in turn, with a warm cache, and each line gives the median, the fastest and the slowest run.
Exit code 1: some bar was missed, or two programs do not agree.
"""
import argparse
import collections
import gzip
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TEXT = ROOT / "build" / "text"
PACKAGES = ("linux-doc-6.1", "dict-gcide", "anarchism")
MARKUP = (".html", ".html.gz", ".js", ".css", ".svg")

PYTHON = """
import collections, sys
counts = collections.Counter()
with open(sys.argv[1], encoding="utf-8", errors="replace", newline="") as text:
    for line in text:
        counts.update(line.lower().split())
for word, count in counts.most_common(20):
    print(count, word)
"""


def make_text():
    """One file with all the text, and the folder with the files it was made of."""
    whole, folder = TEXT / "text.txt", TEXT / "files"
    if whole.exists():
        return whole, folder
    packages, unpacked = TEXT / "packages", TEXT / "unpacked"
    packages.mkdir(parents=True, exist_ok=True)
    subprocess.run(["apt-get", "download", *PACKAGES], cwd=packages, check=True)
    for package in packages.glob("*.deb"):
        subprocess.run(["dpkg", "-x", package, unpacked], check=True)
    shutil.rmtree(folder, ignore_errors=True)
    with open(TEXT / "text.new", "wb") as all_text:
        for path in sorted(unpacked.rglob("*")):
            if not path.is_file() or path.is_symlink() or path.name.endswith(MARKUP):
                continue
            data = path.read_bytes()
            if data[:2] == b"\x1f\x8b":
                data = gzip.decompress(data)
            if b"\0" in data[:8192]:
                continue
            copy = folder / path.relative_to(unpacked)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(data)
            all_text.write(data)
    os.replace(TEXT / "text.new", whole)
    return whole, folder


def measure(launcher, command, standard_input=None):
    """Seconds, peak memory in bytes and what was printed. A pipeline's memory is that of its largest part.

    The child is the launcher's: what a process holds when it forks counts as its child's memory, and this one is large.
    """
    with open(standard_input or os.devnull, "rb") as source, open(TEXT / "output", "w+b") as output:
        start = time.monotonic()
        ended = subprocess.run([launcher, TEXT / "memory", *command], stdin=source, stdout=output, stderr=subprocess.DEVNULL)
        seconds = time.monotonic() - start
        if ended.returncode != 0:
            sys.exit(f"count.py: {command} ended with exit code {ended.returncode}")
        output.seek(0)
        return seconds, int((TEXT / "memory").read_text()) * 1024, output.read()


def table(printed):
    return [tuple(line.split(maxsplit=1)) for line in printed.decode().splitlines()]


def main():
    parser = argparse.ArgumentParser(description="plait count against what people use today")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    plait, baseline = str(options.build / "cli" / "plait"), str(options.build / "bench" / "count-baseline")
    launcher = str(options.build / "bench" / "peak-memory")
    for program in (plait, baseline, launcher):
        if not os.access(program, os.X_OK):
            sys.exit(f"count.py: {program} is not built; cmake --build --preset release --target {pathlib.Path(program).name}"
                     .replace("--target plait", "--target plait_program"))

    whole, folder = map(str, make_text())
    pipeline = f"LC_ALL=C tr -s '[:space:]' '\\n' <'{whole}' | LC_ALL=C tr A-Z a-z | LC_ALL=C sort | uniq -c | sort -rn | head -20"
    programs = {
        "plait, 2 threads": ([plait, "count", "--threads", "2", whole], None),
        "plait, 1 thread": ([plait, "count", "--threads", "1", whole], None),
        "baseline (C++, 1 thread)": ([baseline, whole], None),
        "wc -w": (["wc", "-w", whole], None),
        "plait, 2 threads, many files": ([plait, "count", "--threads", "2", folder], None),
        "plait, 2 threads, pipe": (["sh", "-c", f"cat '{whole}' | '{plait}' count --threads 2 -"], None),
        "plait, 2 threads, --top all": ([plait, "count", "--threads", "2", "--top", "all", whole], None),
        "tr | sort | uniq -c": (["sh", "-c", pipeline], None),
        "Python Counter": (["python3", "-c", PYTHON, whole], None),
    }
    slow = {"tr | sort | uniq -c", "Python Counter"}  # measured less often: they take most of the time

    subprocess.run(["cat", whole], stdout=subprocess.DEVNULL, check=True)
    measure(launcher, programs["plait, 2 threads, many files"][0])
    seconds, memory, printed = collections.defaultdict(list), collections.defaultdict(int), {}
    for repetition in range(options.repetitions):
        for name, (command, source) in programs.items():
            if name in slow and repetition >= 3:
                continue
            elapsed, peak, printed[name] = measure(launcher, command, source)
            seconds[name].append(elapsed)
            memory[name] = max(memory[name], peak)

    size = os.path.getsize(whole)
    median = {name: statistics.median(times) for name, times in seconds.items()}
    best = median["plait, 2 threads"]
    print(f"{size / 1e6:.1f} MB in one file; seconds: median (fastest .. slowest); against plait with 2 threads")
    for name in programs:
        times = seconds[name]
        print(f"{name:<30} {median[name]:7.3f} ({min(times):.3f} .. {max(times):.3f})  x{median[name] / best:5.2f}"
              f"  {size / median[name] / 1e6:7.1f} MB/s  {memory[name] / 2**20:7.1f} MiB")

    printed_table = len(printed["plait, 2 threads, --top all"])
    bars = {
        "2 threads: at least 1.7 times the baseline": median["baseline (C++, 1 thread)"] / best >= 1.7,
        "1 thread: no slower than the baseline": median["plait, 1 thread"] <= median["baseline (C++, 1 thread)"],
        "faster than wc -w": best < median["wc -w"],
        "at least 5 times tr | sort | uniq -c": median["tr | sort | uniq -c"] / best >= 5,
        "at least 8 times Python": median["Python Counter"] / best >= 8,
        f"memory under 3 times the table of {printed_table / 2**20:.1f} MiB plus 64 MiB":
            memory["plait, 2 threads, --top all"] < 3 * printed_table + 64 * 2**20,
        "baseline, pipe, 1 thread and Python print the same":
            len({tuple(table(printed[name])) for name in ("plait, 2 threads", "plait, 1 thread", "plait, 2 threads, pipe",
                                                          "baseline (C++, 1 thread)")}) == 1
            and sorted(table(printed["Python Counter"])) == sorted(table(printed["plait, 1 thread"])),
    }
    for bar, holds in bars.items():
        print(f"{'ok  ' if holds else 'MISS'}  {bar}")
    if options.json:
        options.json.write_text(json.dumps({"bytes": size, "seconds": seconds, "peak_memory": memory, "bars": bars}, indent=1))
    return 0 if all(bars.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
