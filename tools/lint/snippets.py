# SPDX-License-Identifier: MIT
"""The code that README, docs and headers show is compiled.

Every ```cpp block in README.md, CONTRIBUTING.md and docs/, and every example in the opening comment of a
public header (an indented block with code in it), is a contiguous piece of a file somewhere in examples/ or remote/examples/,
whatever its indentation; those files are compiled and run by the tests. A page in docs/ may also quote a
header. Commands in shell blocks exist.
"""

import json
import re
import textwrap

import common

FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```", re.DOTALL | re.MULTILINE)
SHELL = {"sh", "bash", "shell", "console"}


def plain(lines):
    return textwrap.dedent("\n".join(line.rstrip() for line in lines)).strip("\n").split("\n")


def pieces(lines, length):
    for start in range(len(lines) - length + 1):
        yield plain(lines[start : start + length])


def is_shown(snippet, examples):
    wanted = plain(snippet)
    return any(wanted == piece for lines in examples for piece in pieces(lines, len(wanted)))


def header_examples(source):
    """(line number, lines) of every indented block in the opening comment that begins or ends as code does."""
    comment, block = [*common.opening_comment(source), ""], []
    for number, line in enumerate(comment, 1):
        if line.startswith("   "):
            block.append(line)
        elif block:
            if any(re.search(r"[;{}]\s*(//.*)?$", text) for text in (block[0], block[-1])):
                yield number - len(block), block
            block = []


def unknown_command(line, root):
    """What is wrong with a line of a shell block, or None."""
    words = line.strip().removeprefix("$").split("#")[0].split()
    if not words:
        return None
    if words[0] == "./plait" and len(words) > 1 and re.fullmatch(r"[a-z]+", words[1]):
        script = root / "plait"
        own_program = script.exists() and re.search(rf"^\s*{words[1]}\)", script.read_text(), re.MULTILINE)
        if not own_program and not list((root / "cli").glob(f"**/{words[1]}.cpp")):
            return f"plait has no subcommand '{words[1]}'"
    elif words[0].startswith(("./", "tools/", ".ci/")) and not (root / words[0]).exists():
        return f"there is no {words[0]}"
    elif words[0] == "./check":
        text = (root / "check").read_text()
        return next((f"./check has no option {word}" for word in words[1:] if word not in text), None)
    preset = re.search(r"--preset[ =](\w+)", line)
    if preset:
        presets = json.loads((root / "CMakePresets.json").read_text())["configurePresets"]
        if preset[1] not in {entry["name"] for entry in presets}:
            return f"there is no preset '{preset[1]}'"
    return None


def lint(root):
    sources = [*sorted((root / "examples").rglob("*.[ch]pp")), *sorted((root / "remote/examples").glob("*.cpp"))]
    examples = [path.read_text().split("\n") for path in sources]
    headers = [path.read_text().split("\n") for path in common.headers(root)]
    pages = [root / "README.md", root / "CONTRIBUTING.md", *sorted((root / "docs").rglob("*.md"))]
    for page in (page for page in pages if page.exists()):
        text = page.read_text()
        for match in FENCE.finditer(text):
            where = f"{page.relative_to(root)}:{common.line_number(text, match.start())}"
            quotable = examples + headers if root / "docs" in page.parents else examples
            if match[2] == "cpp" and not is_shown(match[3].split("\n"), quotable):
                yield f"{where}: this snippet is not a contiguous piece of any file in examples/"
            if match[2] in SHELL:
                for problem in filter(None, (unknown_command(line, root) for line in match[3].split("\n"))):
                    yield f"{where}: {problem}"
    for path in common.public_headers(root):
        for number, block in header_examples(path.read_text()):
            if not is_shown(block, examples):
                yield f"{path.relative_to(root)}:{number}: this example is not a contiguous piece of any file in examples/"


if __name__ == "__main__":
    common.main(lint)
