# SPDX-License-Identifier: MIT
"""Concurrent data structures: queues as in the module queue, counters that lose nothing, a cache that loads once."""

from . import queue
from ._core import AtomicInt, KeyedCounter, StripedCounter
from .caching import ExpiringCache, cached
from .counting import Counter

__all__ = ["AtomicInt", "Counter", "ExpiringCache", "KeyedCounter", "StripedCounter", "cached", "queue"]
__version__ = "0.1.0"
