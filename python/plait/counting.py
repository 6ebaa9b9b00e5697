# SPDX-License-Identifier: MIT
"""Counter: collections.Counter whose counts can be added to by many threads."""

from __future__ import annotations

import collections
import itertools
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from ._core import CountingDict

_K = TypeVar("_K")


class Counter(CountingDict[_K], collections.Counter[_K]):
    """collections.Counter, with inc(key, n=1), dec(key, n=1), update() and subtract() that lose no count.

    Each is atomic for each key with regard to the others. `counter[key] += 1` is not: it is a get and a set, and what
    another thread adds in between is lost. KeyedCounter is for more threads and higher rates.
    """

    __slots__ = ()

    def dec(self, key: _K, n: int = 1) -> int:
        """Subtracts n from the count of a key and returns the rest. Atomic as inc()."""
        return self.inc(key, -n)

    def update(self, iterable: Any = None, /, **counts: int) -> None:
        """Adds 1 for each element of an iterable, or the counts of a mapping. Atomic for each key, as inc()."""
        for key, count in itertools.chain(_counts_of(iterable), counts.items()):
            self.inc(key, count)

    def subtract(self, iterable: Any = None, /, **counts: int) -> None:
        """Subtracts 1 for each element of an iterable, or the counts of a mapping. Atomic for each key, as inc()."""
        for key, count in itertools.chain(_counts_of(iterable), counts.items()):
            self.inc(key, -count)


def _counts_of(iterable: Any) -> Iterable[tuple[Any, int]]:
    """An iterable is counted apart first: then each of its keys is added once."""
    if iterable is None:
        return ()
    return (iterable if isinstance(iterable, Mapping) else collections.Counter(iterable)).items()
