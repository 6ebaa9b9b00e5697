# SPDX-License-Identifier: MIT
"""Doxygen's input filter: a public header, with its comments as Doxygen wants them.

    filter.py HEADER      prints the header

The opening comment describes the class or concept of the header's name or, if there is none, the header. A comment
above declarations describes all of them up to the next blank line. What is indented in a comment (a table, an
example) stays as it is. Comments inside functions stay out.
"""

import re
import sys
from pathlib import Path

PUBLIC = {path.stem for path in Path(sys.argv[1]).parent.glob("*.hpp")} if len(sys.argv) == 2 else set()
ENTITY = r"^(?:enum )?(?:class|struct|concept) (?:\[\[.*?\]\] )?{}\b"
OPENS_SCOPE = re.compile(r"\b(namespace|class|struct|enum)\b[^();=]*$")


def prose(line):
    """A line of text for Doxygen: commands are escaped, public names are links, and backticks mark code."""
    return "".join(f"<code>{escaped(part)}</code>" if at % 2 else text(part) for at, part in enumerate(line.split("`")))


def escaped(line):
    return re.sub(r'[\\@<>&#%"]', lambda found: "\\" + found[0], line)


def text(line):
    return re.sub(r"(?<![\w:/.])(\w+)(?![\w(]|\.hpp)", lambda found: linked(found[1]), escaped(line))


def linked(word):
    return f'\\ref plait::{word} "{word}"' if word in PUBLIC - {"plait"} and "_" in word else word


def is_code(block):
    return any(re.search(r"[;{}]\s*(//.*)?$", line) for line in (block[0], block[-1]))


def described(lines):
    """The lines of a comment, without their slashes, as Doxygen wants them."""
    result, block = [], []
    for line in [*lines, ""]:
        if line.startswith("   "):
            block.append(line[3:])
            continue
        if block:
            kind = ("code{.cpp}", "endcode") if is_code(block) else ("verbatim", "endverbatim")
            result += ["\\" + kind[0], *block, "\\" + kind[1]]
            block = []
        result.append(prose(line.removeprefix(" ")))
    return result[:-1]


def comment(lines, indent=""):
    return [f"{indent}/** {lines[0]}", *(f"{indent}{line}" for line in lines[1:]), f"{indent}*/"]


def opening(name, lines, text):
    """The opening comment, as the description of what the header is named after."""
    body = described([re.sub(rf"^ {name}(<.*?>)?: ", " ", lines[0]), *lines[1:]])
    end = body.index("") if "" in body else len(body)
    brief, rest = " ".join(body[:end]), body[end:]
    if not re.match(r"\w+[,(]", brief):  # a name
        brief = brief[0].upper() + brief[1:]
    entity = re.search(ENTITY.format(name), text, re.MULTILINE)
    if not entity:
        return comment([f"\\file {name}.hpp", f"\\brief {brief}", *rest])
    kind = "concept" if "concept" in entity[0] else "enum" if entity[0].startswith("enum") else "class"
    return [*comment([f"\\file {name}.hpp", f'\\brief The header of \\ref plait::{name} "plait::{name}".']),
            *comment([f"\\{kind} plait::{name}", f"\\brief {brief}", *rest])]


def without_comment(line):
    return re.sub(r'"(\\.|[^"\\])*"', '""', line).split("//")[0].rstrip()


def declarations(name, lines):
    """The code, with each comment in front of a declaration put in front of all declarations it is about.

    A comment above the class of the header's name is about its implementation, and is left out; so are deleted copies.
    """
    entity = re.compile(ENTITY.format(name))
    scopes, statement, about, pending = [], "", None, []
    for at, line in enumerate(lines):
        stripped, indent = line.strip(), re.match(" *", line)[0]
        in_body = any(scope == "body" for scope in scopes)
        if not in_body and not statement:
            if stripped.startswith("//"):
                pending.append(stripped[2:])
                continue
            if not stripped or stripped.endswith(":"):
                about = None
            if pending:
                about, pending = comment(described(pending), indent), []
            if stripped.endswith("= delete;"):
                continue
            if re.match(r"using (typename )?[\w:]+( =.*)?;", stripped):
                about = about or [f"{indent}/** As the standard library's containers have it. */"]
            if about and stripped and stripped[0] not in "}#~":
                if not entity.match(next((each for each in lines[at:] if not each.startswith(("template", " "))), "")):
                    yield from about
        code = without_comment(line)
        if not in_body and re.search("[,;] +//", line) and not stripped.startswith(("using", "#")):
            line = line.replace("//", "///<", 1)
        yield line if not in_body or not stripped.startswith("//") else ""
        if stripped.startswith("#"):
            continue
        for character in code:
            if character == "{":
                found = OPENS_SCOPE.search(statement)
                scopes.append(found[1] if found and not in_body else "body")
                in_body = scopes[-1] == "body" or in_body
                about = about if in_body else None
                statement = "" if not in_body else statement
            elif character == "}":
                ended = scopes.pop() if scopes else ""
                in_body = any(scope == "body" for scope in scopes)
                statement = "" if not in_body else statement
                statement = " " if ended in ("class", "struct", "enum") else statement
            elif character == ";" and not in_body:
                statement = ""
            elif not in_body:
                statement += character
        statement = "" if not statement.strip() or stripped in ("public:", "private:", "protected:") else statement + " "


def filtered(path):
    text = path.read_text().replace("PLAIT_NAMESPACE", "plait").replace("protected:", "private:")
    text = text.replace("detail::sync::atomic", "std::atomic")
    text = re.sub(r"^template [^\n]*\n\w+\([^\n]*\) -> [^\n]*;\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"^template [^\n]*\n[^\n]* detail::\w+\([^\n]*{\n.*?^}\n", "", text, flags=re.MULTILINE | re.DOTALL)
    lines = text.split("\n")
    start = next((at for at, line in enumerate(lines) if not line.startswith("//")), 0)
    introduction = [line[2:] for line in lines[1:start]]  # after the licence
    head = opening(path.stem, introduction, text) if introduction else []
    # Doxygen shows what is inherited if it need not know the store.
    lines = [re.sub(r"public queue_interface<.*>( {)?$", r"public queue_interface\1", line) for line in lines]
    return "\n".join([*head, *declarations(path.stem if introduction else "-", lines[start:])])


if __name__ == "__main__":
    print(filtered(Path(sys.argv[1])))
