# SPDX-License-Identifier: MIT
"""Concurrent data structures: queues as in the module queue, counters that lose nothing, a cache that loads once."""

from . import queue
from ._core import AtomicInt, CheckedLock, CheckedRLock, KeyedCounter, RWLock, StatsDict, StripedCounter
from .caching import ExpiringCache, cached
from .checking import LockOrderError, LockOrderReport, report_lock_order
from .counting import Counter
from .guarding import Guarded, Local, lock_all

__all__ = [
    "AtomicInt",
    "CheckedLock",
    "CheckedRLock",
    "Counter",
    "ExpiringCache",
    "Guarded",
    "KeyedCounter",
    "Local",
    "LockOrderError",
    "LockOrderReport",
    "RWLock",
    "StatsDict",
    "StripedCounter",
    "cached",
    "lock_all",
    "queue",
    "report_lock_order",
]
__version__ = "0.1.0"
