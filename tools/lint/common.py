# SPDX-License-Identifier: MIT
"""What the lints share: finding files, telling code from comments, reporting."""

import os
import re
import sys
from pathlib import Path

# A comment, or something in which what looks like a comment is none.
TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)


def keep_lines(text):
    return re.sub(r"[^\n]", " ", text)


def code_of(source):
    """The source with comments and the insides of literals blanked; lines and columns stay."""

    def blank(match):
        text = match[0]
        return keep_lines(text) if text.startswith("/") else text[0] + " " * (len(text) - 2) + text[-1]

    return "\n".join(
        line if line.lstrip().startswith("#include") else TOKEN.sub(blank, line) for line in flat(source)
    )


def flat(source):
    """Lines, with /* */ comments already blanked (the repository has none, users' patches may)."""
    return TOKEN.sub(lambda m: keep_lines(m[0]) if m[0].startswith("/*") else m[0], source).split("\n")


def comments_of(source):
    """For each line the text of its // comment, without the slashes, or None."""
    found = []
    for line in flat(source):
        comment = next((m for m in TOKEN.finditer(line) if m[0].startswith("//")), None)
        found.append(comment[0][2:] if comment else None)
    return found


def line_number(text, offset):
    return text.count("\n", 0, offset) + 1


def headers(root):
    return sorted((root / "include/plait").rglob("*.hpp"))


def is_seam(root, header):
    """Whether it is detail/sync.hpp, or one of its parts."""
    path = header.relative_to(root).as_posix()
    return path == "include/plait/detail/sync.hpp" or path.startswith("include/plait/detail/sync/")


def public_headers(root):
    return sorted(path for path in (root / "include/plait").glob("*.hpp") if path.name != "plait.hpp")


def repository_files(root):
    """Every file except build output, git's own files and links."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in {".git", "build", "__pycache__"})
        for name in sorted(names):
            path = Path(folder, name)
            if not path.is_symlink() and not (name == ".git"):
                yield path


def opening_comment(source):
    """The lines of the comment that a header begins with, without the slashes."""
    lines = []
    for line in source.split("\n"):
        if not line.startswith("//"):
            break
        lines.append(line[2:])
    return lines


def main(lint):
    """Runs lint(root) -> messages; a message that begins with `note:` is no violation."""
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    messages = list(lint(root))
    for message in messages:
        print(message)
    sys.exit(any(not message.startswith("note: ") for message in messages))
