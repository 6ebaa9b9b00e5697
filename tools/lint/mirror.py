# SPDX-License-Identifier: MIT
"""One structure, one name, the same stem everywhere.

Every public header NAME.hpp has a contract test, a model test, a stress test, a benchmark, an example
and a design note of that name, and is included by plait.hpp. A header that defines an enumeration or a concept
of its own name is vocabulary and needs none. What is still missing is listed, with the reason, in
mirror_exemptions.txt; a line there that is no longer needed is an error too.
"""

import re

import common

PARTS = [
    "tests/{}.test.cpp",
    "tests/{}.model.cpp",
    "tests/{}.stress.cpp",
    "bench/{}.bench.cpp",
    "examples/{}.cpp",
    "docs/structures/{}.md",
]
EXEMPTIONS = "tools/lint/mirror_exemptions.txt"


def exemptions(root):
    """{path: (line number, reason)}"""
    path = root / EXEMPTIONS
    found = {}
    for number, line in enumerate(path.read_text().split("\n") if path.exists() else [], 1):
        if line.strip() and not line.startswith("#"):
            part, _, reason = line.partition(" ")
            found[part] = (number, reason.strip())
    return found


def lint(root):
    exempt, missing = exemptions(root), set()
    umbrella = (root / "include/plait/plait.hpp").read_text()
    for header in common.public_headers(root):
        if f"#include <plait/{header.name}>" not in umbrella:
            yield f"include/plait/plait.hpp: does not include {header.name}"
        if re.search(rf"^(enum class|concept) {header.stem}\b", header.read_text(), re.MULTILINE):
            continue
        parts = [part.format(header.stem) for part in PARTS]
        missing |= {part for part in parts if not (root / part).exists()}
    for part in sorted(missing - exempt.keys()):
        yield f"{part}: missing; write it, or say in {EXEMPTIONS} why not yet"
    for part, (number, reason) in exempt.items():
        if part not in missing:
            yield f"{EXEMPTIONS}:{number}: {part} is not missing (any more): delete this line"
        elif not reason:
            yield f"{EXEMPTIONS}:{number}: {part} needs a reason"
    if missing:
        yield f"note: {len(missing)} parts of structures are missing, see {EXEMPTIONS}"


if __name__ == "__main__":
    common.main(lint)
