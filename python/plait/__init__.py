# SPDX-License-Identifier: MIT
"""Concurrent data structures: queues as in the module queue, counters that lose nothing."""

from ._core import AtomicInt, KeyedCounter, StripedCounter
from .counting import Counter

__all__ = ["AtomicInt", "Counter", "KeyedCounter", "StripedCounter"]
__version__ = "0.1.0"
