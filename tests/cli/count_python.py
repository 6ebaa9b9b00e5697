#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares whole tables of `plait count` with what Python itself counts.

    count_python.py PLAIT FOLDER

FOLDER holds known_characters: the code points that plait's Unicode tables know, one a line. Texts are made
with a fixed seed: real ones found on this machine, every character, sigmas in every context, invalid bytes.
"""
import collections
import gzip
import json
import pathlib
import random
import re
import subprocess
import sys
import unicodedata

plait, folder = sys.argv[1], pathlib.Path(sys.argv[2])
random.seed(20)

known = [chr(int(line)) for line in (folder / "known_characters").read_text().split()]
known = [c for c in known if unicodedata.category(c) != "Cn"]
# Private use: 137,468 characters of which none is like a letter, so a few of each thousand are enough.
known = [c for c in known if unicodedata.category(c) != "Co" or ord(c) % 256 == 0]
spaces = [c for c in known if c.isspace()]
ignorable = list("'.:·’\u00ad\u0301\u0345ʼ_ˈ\u200d")


def real_texts():
    """Texts in many languages from installed Debian packages, and those of Python itself."""
    found = [path for path in sorted(pathlib.Path("/usr/share/games/fortunes").rglob("*"))
             if path.suffix not in (".dat", ".u8")]
    for language in ("cs", "da", "de", "el", "es", "fi", "fr", "hu", "it", "ja", "ko", "mk", "nl", "pl",
                     "pt_BR", "ro", "ru", "sr", "sv", "tr", "uk", "vi", "zh_CN"):
        found += sorted(pathlib.Path("/usr/share/man", language).rglob("*.gz"))[:40]
    found += sorted(pathlib.Path("/usr/share/common-licenses").rglob("*"))
    found += sorted(pathlib.Path(pathlib.__file__).parent.glob("*.py"))[:100]
    for path in found:
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            yield gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def every_character():
    for c in known:
        yield f"a{c}b {c} {c}{c}B\n"


def sigmas():
    """Capital sigmas among letters, characters that are ignored when looking for letters, and others."""
    choices = ["Σ", "Σ", "Σ", "A", "α", "Ω", "1", "-", "\u0130", "\u01c5", "ª", *ignorable, *spaces, "\ufffd", "😀", "𝐀"]
    return ("".join(random.choices(choices, k=60_000)),)


def words_of_any_characters():
    for _ in range(20_000):
        yield "".join(random.choices(known, k=random.randint(1, 8))) + random.choice(spaces)


def invalid_bytes():
    valid = "aé你😀 Σ\u00a0\u3000\n".encode()
    pieces = [bytes([b]) for b in range(256)]
    pieces += [b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"\xf0\x9f\x98", b"\xe2\x80", b"\xf8\x88\x80\x80\x80", b"\xfe\xff"]
    pieces += [valid[i:j] for i in range(len(valid)) for j in range(i + 1, len(valid) + 1)]
    yield b"".join(random.choices(pieces, k=60_000))
    yield b"".join(bytes([a, b, c]) + b"x " for a in (0x7F, 0x80, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE,
                                                     0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF)
                   for b in range(256) for c in (0x20, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0xA0, 0xBF, 0xC2, 0xFF))


def encoded(texts):
    return b"".join(text.encode() for text in texts)


texts = {
    "real": b"\n".join(real_texts()),
    "every_character": encoded(every_character()),
    "sigmas": encoded(sigmas()),
    "words_of_any_characters": encoded(words_of_any_characters()),
    "invalid_bytes": b"".join(invalid_bytes()),
}

by_rule = {
    (): lambda text: text.lower().split(),
    ("--keep-case",): lambda text: text.split(),
    ("--words", "alphanumeric"): lambda text: re.findall(r"[^\W_]+", text.lower()),
    ("--words", "alphanumeric", "--keep-case"): lambda text: re.findall(r"[^\W_]+", text),
    ("--min-length", "3"): lambda text: [word for word in text.lower().split() if len(word) >= 3],
}

# Python needs seconds for each pass over a large text: there, two rules that reach every character class.
large = 2_000_000
rules_for_large = {(), ("--words", "alphanumeric")}

failures = 0
for name, data in texts.items():
    path = folder / name
    path.write_bytes(data)
    text = data.decode(errors="replace")
    for options, words in by_rule.items():
        if len(data) > large and options not in rules_for_large:
            continue
        expected = sorted(collections.Counter(words(text)).items(), key=lambda each: (-each[1], each[0]))
        command = [plait, "count", "--json", "--top", "all", "--binary", "count", "--quiet", *options]
        given = str(path) if not options else "-"
        with open(path, "rb") as stream:
            result = subprocess.run([*command, given], stdin=stream, stdout=subprocess.PIPE, check=False)
        document = json.loads(result.stdout)
        found = [(each["word"], each["count"]) for each in document["words"]]
        assert document["bytes"] == len(data), (name, document["bytes"], len(data))
        assert document["distinct"] == len(found) and document["total"] == sum(count for _, count in found)
        if found != expected:
            failures += 1
            missing, extra = set(expected) - set(found), set(found) - set(expected)
            print(f"FAILED {name} {options} {given}: Python has {ascii(sorted(missing)[:5])},"
                  f" plait has {ascii(sorted(extra)[:5])}, {len(missing)} and {len(extra)} in all")
    print(f"{name}: {len(data):,} bytes, {len(expected):,} distinct words by the last rule")
sys.exit(failures != 0)
