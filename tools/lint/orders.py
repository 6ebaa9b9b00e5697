# SPDX-License-Identifier: MIT
"""Memory orders under include/plait are named edges, and every edge has both its ends.

A header lists its edges once, in a comment:

    // Edges:  filled   slot.stamp  release in push -> acquire in pop   publishes the element
    //         emptied  slot.stamp  release in pop -> acquire in push   hands the storage back;
    //                                                                  a line further in goes on

and tags every use of sync::acquire, release, acq_rel and seq_cst with its order and edge, at the start
of a comment (or after a comma or semicolon in it): `// release filled`. sync::relaxed says where the
ordering comes from instead: `// relaxed: reason`. The tag stands on the line, on a line of the same
statement, or in the comment above the statement. An edge whose other end is user's code or another
file says `external` in the list.
"""

import re

import common

SITE = re.compile(r"\bsync::(acquire|release|acq_rel|seq_cst|relaxed)\b")
ENTRY = re.compile(r"([a-z]\w*)\s{2,}\S")
OPERATION = re.compile(r"(\w+)\s*(?:\[[^][]*\]|\(\))?\s*(?:\.|->)\s*"
                       r"(load|store|exchange|fetch_\w+|compare_exchange_\w+|test_and_set)\s*\(")
DECLARED = re.compile(r"sync::atomic<[^;{}()]*>\s*(?:\*\s*|&\s*)?(\w+)\s*[;{(\[=,)]")
RELEASES, ACQUIRES = {"release", "acq_rel", "seq_cst"}, {"acquire", "acq_rel", "seq_cst"}


def declared_edges(comments):
    """{edge: (line number, text)} from every Edges: list."""
    edges, column, name = {}, None, None
    for number, comment in enumerate(comments, 1):
        start = re.search(r"\bEdges:\s+", comment or "")
        if start:
            column = start.end()
        elif column is None or comment is None or not comment.strip() or comment[:column].strip():
            column = None
            continue
        entry = ENTRY.match(comment, column)
        if entry:
            name = entry[1]
            edges[name] = (number, comment[column:])
        elif name:
            edges[name] = (edges[name][0], edges[name][1] + " " + comment.strip())
    return edges


def tags_near(lines, comments, number):
    """The comments that may hold the tag of a site on line `number` (from 0), nearest first."""
    ends = re.compile(r"[;{}]\s*$|^\s*(public|private|protected):\s*$|^\s*#")
    first = number
    while first > 0 and lines[first - 1].strip() and not ends.search(lines[first - 1]):
        first -= 1
    last = number
    while last + 1 < len(lines) and not ends.search(lines[last]):
        last += 1
    above = first
    while above > 0 and comments[above - 1] is not None and not lines[above - 1].strip():
        above -= 1
    order = [number, *range(first, last + 1), *range(above, first)]
    return [comments[i] for i in order if comments[i] is not None]


def tag_for(order, near):
    """The edge (or, for relaxed, the reason) that the nearest tag of this order names."""
    what = r"(?:, twice)?:\s*(\S.*)" if order == "relaxed" else r"\s+([a-z]\w*)"
    for comment in near:
        match = re.search(rf"(?:^\s*|[,;]\s+){order}{what}", comment)
        if match:
            return match[1]
    return None


def arguments(code, start):
    """The text between the parentheses that open before `start`."""
    depth, end = 1, start
    while depth and end < len(code):
        depth += {"(": 1, ")": -1}.get(code[end], 0)
        end += 1
    return code[start:end]


def unordered(code, atomics):
    for match in OPERATION.finditer(code):
        certain = match[2].startswith(("fetch_", "compare_exchange_")) or match[1] in atomics
        if certain and not re.search(r"sync::|\border\b", arguments(code, match.end())):
            yield match.start(), f"{match[1]}.{match[2]}() without an order is seq_cst in silence"
    members = "|".join(sorted(name for name in atomics if name.endswith("_")))
    if members:
        for match in re.finditer(rf"(?:\+\+|--)\s*({members})\b|\b({members})\s*(?:\+\+|--|[-+&|^]?=(?!=))", code):
            yield match.start(), f"'{match[0]}' is a seq_cst operation in silence"


def lint_file(source, atomics):
    code, comments = common.code_of(source), common.comments_of(source)
    lines, edges, ends = code.split("\n"), declared_edges(comments), {}
    for match in SITE.finditer(code):
        order, number = match[1], common.line_number(code, match.start())
        tag = tag_for(order, tags_near(lines, comments, number - 1))
        if tag is None:
            need = "says no reason (// relaxed: why)" if order == "relaxed" else f"has no tag (// {order} EDGE)"
            yield number, f"sync::{order} {need}"
        elif order != "relaxed":
            if tag in edges:
                ends.setdefault(tag, []).append(order)
            else:
                yield number, f"edge '{tag}' is not in the file's Edges: list"
    for name, (number, text) in edges.items():
        orders = ends.get(name, [])
        if not orders:
            yield number, f"edge '{name}' is listed, and no order is tagged with it"
        elif "external" not in text:
            if not RELEASES & set(orders):
                yield number, f"edge '{name}' has no release end in this file, and is not external"
            if not ACQUIRES & set(orders):
                yield number, f"edge '{name}' has no acquire end in this file, and is not external"
            if set(orders) == {"seq_cst"} and len(orders) < 2:
                yield number, f"edge '{name}' has one seq_cst site; it takes two to be ordered"
    for offset, message in unordered(code, atomics):
        yield common.line_number(code, offset), message


def lint(root):
    sources = {path: path.read_text() for path in common.headers(root) if not common.is_seam(root, path)}
    atomics = {name for source in sources.values() for name in DECLARED.findall(common.code_of(source))}
    for path, source in sources.items():
        for number, message in sorted(set(lint_file(source, atomics))):
            yield f"{path.relative_to(root)}:{number}: {message}"


if __name__ == "__main__":
    common.main(lint)
