# SPDX-License-Identifier: MIT
"""One structure, one name, the same stem everywhere.

Every public header NAME.hpp has a contract test, a model test, a stress test, a benchmark, an example
and a design note of that name, and is included by plait.hpp. Tests and benchmark lie in the folders of one
family: tests/FAMILY and bench/FAMILY. A header that defines an enumeration, a concept or a struct of its own
name is vocabulary and needs none; what every structure of a family inherits is tested in each of them.
What is still missing is listed, with the reason, in mirror_exemptions.txt; a line there that is no longer
needed is an error too.
"""

import re

import common

PARTS = [
    "tests/{family}/{name}.test.cpp",
    "tests/{family}/{name}.model.cpp",
    "tests/{family}/{name}.stress.cpp",
    "bench/{family}/{name}.bench.cpp",
    "examples/{name}.cpp",
    "docs/structures/{name}.md",
]
INHERITED = {"queue_interface"}
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


def family_of(root, name):
    """The folder of tests/ in which most files of a structure lie, or FAMILY if there are none."""
    folders = [path.parent.name for path in sorted((root / "tests").glob(f"*/{name}.*.cpp"))]
    return max(folders, key=folders.count, default="FAMILY")


def lint(root):
    exempt, missing = exemptions(root), set()
    umbrella = (root / "include/plait/plait.hpp").read_text()
    for header in common.public_headers(root):
        if f"#include <plait/{header.name}>" not in umbrella:
            yield f"include/plait/plait.hpp: does not include {header.name}"
        vocabulary = rf"^(enum class|concept|struct) {header.stem}\b"
        if header.stem in INHERITED or re.search(vocabulary, header.read_text(), re.MULTILINE):
            continue
        family = family_of(root, header.stem)
        parts = [part.format(family=family, name=header.stem) for part in PARTS]
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
