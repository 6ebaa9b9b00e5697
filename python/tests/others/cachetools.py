# SPDX-License-Identifier: MIT
"""cachetools whose caches are plait's ExpiringCache, for the tests of cachetools: its decorators are its own."""

import importlib.util
import os
import sys

from plait import ExpiringCache

_sources = os.environ["CACHETOOLS"]
_spec = importlib.util.spec_from_file_location(
    "cachetools", f"{_sources}/__init__.py", submodule_search_locations=[_sources]
)
_real = sys.modules["cachetools"] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_real)


class Cache(ExpiringCache):
    """With what programs use of a cachetools.Cache besides."""

    currsize = property(len)

    def getsizeof(self, value):
        return 1

    def setdefault(self, key, default=None):
        self.add(key, default)
        return self.get(key, default)

    def update(self, *others, **values):
        for key, value in dict(*others, **values).items():
            self[key] = value

    def __repr__(self):
        return f"{type(self).__name__}(maxsize={self.maxsize})"


class LRUCache(Cache):
    pass


_real.Cache, _real.LRUCache = Cache, LRUCache
