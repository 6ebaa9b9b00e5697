# SPDX-License-Identifier: MIT
"""python -m plait tour, python -m plait bench"""

import importlib
import sys

USAGE = """\
usage: python -m plait tour [CHAPTER...]                               each problem live, and what solves it
       python -m plait bench [--rounds N] [--filter TEXT] [--html FILE]  what it costs, beside others
"""

if __name__ == "__main__":
    command, *arguments = sys.argv[1:] or [""]
    if command in {"-h", "--help"}:
        print(USAGE, end="")
    elif command in {"bench", "tour"}:
        sys.exit(importlib.import_module(f"plait.{command}").main(arguments))
    else:
        sys.exit(USAGE)
