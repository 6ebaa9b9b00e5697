# SPDX-License-Identifier: MIT
"""What the queues have for tasks. plait.aio is imported by the first wait: threads alone do not need asyncio."""

from __future__ import annotations

import functools
from typing import Any

from ._standard import Empty, Full


async def aget(self: Any) -> Any:
    """Takes the next item, and waits for one: get() for a task. Cancelling it loses no item."""
    try:
        return self.get_nowait()
    except Empty:
        from .aio import wait

        return await wait(self, False, self.get_nowait, Empty)


async def aput(self: Any, item: Any) -> None:
    """Puts an item, and waits for room: put() for a task."""
    try:
        self.put_nowait(item)
    except Full:
        from .aio import wait

        await wait(self, True, functools.partial(self.put_nowait, item), Full)


def sync_q(self: Any) -> Any:
    """The queue itself, for code written for a queue with two faces."""
    return self


def async_q(self: Any) -> Any:
    """The queue with the methods of asyncio.Queue."""
    from .aio import AsyncView

    return AsyncView(self)


def teach(kind: Any) -> None:
    """Gives a class of queues these methods."""
    kind.aget, kind.aput = aget, aput
    kind.sync_q, kind.async_q = property(sync_q), property(async_q)
