# SPDX-License-Identifier: MIT
"""Dependencies point one way, as docs/index.md says.

Outside include/plait, tests and verify nothing includes detail/, except EXEMPT, with its reason. The checker and the
simulated processors do not depend on the structures, and these depend only on the seam. Every header in detail/ is in the folder of a family, or
is one that all families use; and it begins with a line that says what it is.
"""

import re

import common

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^">]+)[">]', re.MULTILINE)
EXEMPT = {
    "bench/support/measure.cpp": "counts futex calls, which only the seam knows",
    "cli/replay/policies/parts.hpp": "compares the policy of caches with others",
}
FOR_ALL = {"sync.hpp", "cache_line.hpp", "at_end_of_scope.hpp"}


def lint(root):
    for path in common.repository_files(root):
        name = path.relative_to(root).as_posix()
        if path.suffix not in {".hpp", ".cpp"}:
            continue
        for match in INCLUDE.finditer(path.read_text()):
            where, header = f"{name}:{common.line_number(path.read_text(), match.start())}", match[1]
            if re.match(r"(bench|cli|examples|python|remote)/", name) and "detail/" in header and name not in EXEMPT:
                yield f"{where}: {header} is behind the structures; include what is public"
            if name.startswith(("verify/", "simulate/")) and header.startswith("plait/"):
                yield f"{where}: what is behind the seam knows nothing of the structures"
            if name.startswith("verify/") and header.startswith("simulate/"):
                yield f"{where}: the checker knows nothing of simulated processors"
            if (name.startswith("include/") and header.startswith(("verify/", "simulate/"))
                    and not name.endswith("detail/sync.hpp")):  # fmt: skip
                yield f"{where}: structures reach what is behind the seam through it"
    for name, reason in EXEMPT.items():
        if (root / name).exists() and "plait/detail/" not in (root / name).read_text():
            yield f"tools/lint/layers.py: {name} no longer needs its exemption ({reason})"
    for path in common.headers(root):
        parts = path.relative_to(root / "include/plait").parts
        if parts[0] != "detail":
            continue
        if len(parts) != 3 and parts[-1] not in FOR_ALL:
            yield f"{path.relative_to(root)}:1: belongs into the folder of a family"
        if not any(line.strip() and "SPDX" not in line for line in common.opening_comment(path.read_text())):
            yield f"{path.relative_to(root)}:2: does not begin with what it is"


if __name__ == "__main__":
    common.main(lint)
