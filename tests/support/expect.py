# SPDX-License-Identifier: MIT
"""Runs a program and compares what it prints with a file.

    expect.py EXPECTED PROGRAM [ARGUMENT...]

Each line of the file is a regular expression for a whole line of standard output. `{10} REGEX` stands for ten such
lines, `{0,1} REGEX` for one that may be missing. Standard error has to be empty and the exit code 0.
Exit code 1: it was otherwise, and the message says where.
"""

import re
import subprocess
import sys
from pathlib import Path

REPEATED = re.compile(r"\{(\d+)(?:,(\d+))?\} (.*)")


def patterns(text):
    """(least, most, regular expression) of each line."""
    for line in text.splitlines():
        repeated = REPEATED.fullmatch(line)
        if repeated:
            least = int(repeated[1])
            yield least, int(repeated[2] or least), repeated[3]
        else:
            yield 1, 1, line


def difference(expected, output):
    """Where the output differs first, or None."""
    lines, at = output.splitlines(), 0
    for least, most, pattern in patterns(expected):
        begin = at
        while at < len(lines) and at - begin < most and re.fullmatch(pattern, lines[at]):
            at += 1
        if at - begin < least:
            there = f"is '{lines[at]}'" if at < len(lines) else "is missing"
            return f"line {at + 1} {there}; expected: {pattern}"
    return f"line {at + 1} is '{lines[at]}'; expected: no more" if at < len(lines) else None


def failure(expected, program):
    """What is wrong with a run of the program, or None."""
    if not expected.exists():
        return f"there is no {expected}, which says what the program prints"
    run = subprocess.run(program, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    problem = difference(expected.read_text(), run.stdout)
    if not problem and run.stderr:
        problem = "there is something on standard error"
    if not problem and run.returncode:
        problem = f"exit code {run.returncode}"
    return problem and f"{problem}\n-- standard output:\n{run.stdout}-- standard error:\n{run.stderr}"


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: expect.py EXPECTED PROGRAM [ARGUMENT...]")
    sys.exit(failure(Path(sys.argv[1]), sys.argv[2:]))
