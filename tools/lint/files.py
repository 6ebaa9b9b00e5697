# SPDX-License-Identifier: MIT
"""Every source file names its licence; no file names the machine it was written on.

C++ lines fit into 112 columns, comments included, which clang-format leaves alone because it would break
their tables. Files of more than 400 lines get a note: ask whether a second concept hides there.
"""

import re

import common

SOURCES = {".hpp", ".cpp", ".py", ".cmake", ".yml", ".sh"}
LONG, WIDE = 400, 112
# Written so that this file does not contain what it looks for.
MACHINE = [
    (r"(?<![\w.<])/(work|home|Users|root|mnt|private)/\w+", "a path of one machine"),
    (r"\b(?!127\.|0\.0\.0\.0)\d{1,3}(\.\d{1,3}){3}\b(?=[:/])", "an address of one network"),
    (r"https?://[\w.-]*(artifactor[y]|nexu[s]|registr[y]|mirro[r]|prox[y]|\.interna[l]|\.loca[l])\b[\w.-]*", "a host of one network"),
    (r"(?i)\bTODO\b|\bFIXME\b|\bXXX\b", "an intention; do it, or write it in CHANGELOG.md or an issue"),
]


def is_source(path, text):
    return path.suffix in SOURCES or path.name == "CMakeLists.txt" or text.startswith("#!")


def lint(root):
    for path in common.repository_files(root):
        name = path.relative_to(root)
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        if is_source(path, text):
            if not any("SPDX-License-Identifier: MIT" in line for line in text.split("\n", 2)[:2]):
                yield f"{name}:1: does not begin with SPDX-License-Identifier: MIT"
            if text.count("\n") > LONG:
                yield f"note: {name} has {text.count(chr(10))} lines; more than one concept?"
        if path.suffix in {".hpp", ".cpp"}:
            for number, line in enumerate(text.split("\n"), 1):
                if len(line) > WIDE and "://" not in line:
                    yield f"{name}:{number}: {len(line)} columns; {WIDE} is the limit"
        if path.name in {"files.py", "test_lints.py"}:
            continue
        for pattern, reason in MACHINE:
            for match in re.finditer(pattern, text):
                yield f"{name}:{common.line_number(text, match.start())}: '{match[0]}': {reason}"


if __name__ == "__main__":
    common.main(lint)
