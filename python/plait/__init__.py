# SPDX-License-Identifier: MIT
"""Concurrent data structures: queues as in the module queue, many times as fast."""

__version__ = "0.1.0"
