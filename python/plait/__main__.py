# SPDX-License-Identifier: MIT
"""python -m plait tour, python -m plait bench"""

import importlib
import sys

USAGE = """\
usage: python -m plait tour [CHAPTER...]                               each problem live, and what solves it
       python -m plait bench [--rounds N] [--filter TEXT] [--html FILE]  what it costs, beside others
"""


def main(command: str = "", *arguments: str) -> int | str:
    """Returns what sys.exit() takes."""
    if command in {"-h", "--help"}:
        print(USAGE, end="")
        return 0
    if command not in {"bench", "tour"}:
        return USAGE
    code: int = importlib.import_module(f"plait.{command}").main(list(arguments))
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
