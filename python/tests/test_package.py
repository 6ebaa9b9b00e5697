# SPDX-License-Identifier: MIT
"""What goes to the package index: all that a build needs, and nothing else."""

import os
import tarfile
import tempfile
import unittest
from pathlib import Path

from scikit_build_core.build import build_sdist

import plait

ROOT = Path(__file__).resolve().parents[2]


class SourceDistribution(unittest.TestCase):
    def test_it_holds_what_a_build_needs(self):
        before = Path.cwd()
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(ROOT)
            try:
                name = build_sdist(folder)
            finally:
                os.chdir(before)
            with tarfile.open(Path(folder, name)) as archive:
                names = {path.partition("/")[2] for path in archive.getnames()}
        self.assertEqual(name, f"plait-{plait.__version__}.tar.gz")
        for part in "include/plait", "python/src", "python/plait":
            for path in (ROOT / part).rglob("*.[chp]*"):
                if "__pycache__" not in path.parts and path.suffix in {".hpp", ".cpp", ".py", ".pyi"}:
                    self.assertIn(path.relative_to(ROOT).as_posix(), names)
        for path in (
            "LICENSE",
            "pyproject.toml",
            "python/CMakeLists.txt",
            "python/README.md",
            "python/plait/py.typed",
            "bench/page/page.html",
            "examples/lessons/python/plait/race.py",
        ):
            self.assertIn(path, names)
        self.assertEqual(
            {path.split("/")[0] for path in names},
            {"bench", "examples", "include", "python", "LICENSE", "pyproject.toml", "PKG-INFO"},
        )


if __name__ == "__main__":
    unittest.main()
