# SPDX-License-Identifier: MIT
"""python -m plait bench"""

import sys

from . import bench

if __name__ == "__main__":
    if sys.argv[1:2] != ["bench"]:
        sys.exit("usage: python -m plait bench [--rounds N] [--filter TEXT]")
    sys.exit(bench.main(sys.argv[2:]))
