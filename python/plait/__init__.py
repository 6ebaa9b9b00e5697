# SPDX-License-Identifier: MIT
"""Concurrent data structures: queues as in the module queue, counters that lose nothing, a cache that loads once."""

from . import queue
from ._core import AtomicInt, KeyedCounter, StatsDict, StripedCounter
from .caching import ExpiringCache, cached
from .counting import Counter
from .guarding import Guarded, Local, lock_all

__all__ = [
    "AtomicInt",
    "Counter",
    "ExpiringCache",
    "Guarded",
    "KeyedCounter",
    "Local",
    "StatsDict",
    "StripedCounter",
    "cached",
    "lock_all",
    "queue",
]
__version__ = "0.1.0"
