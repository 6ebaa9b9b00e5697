# SPDX-License-Identifier: MIT
"""What the queues have for tasks. plait.aio is imported by the first wait: threads alone do not need it."""

from __future__ import annotations

import functools
import sys
from typing import Any

_modules = sys.modules


def _import_wait() -> Any:
    from .aio import wait

    return wait


_wait: Any = functools.cache(_import_wait)


# What aget() and aput() do once an attempt has found nothing; and in trio, where what one awaits lets other tasks
# run, also if it need not wait.
async def _aget(self: Any) -> Any:
    return await _wait()(self, "item", self._try_get)


async def _aput(self: Any, item: Any) -> None:
    await _wait()(self, "room", functools.partial(self._try_put, item))


async def ajoin(self: Any) -> None:
    """Waits until every item put has been marked done: join() for a task."""
    if "trio" in _modules or self.unfinished_tasks:
        await _wait()(self, "all done", lambda not_yet: not_yet if self.unfinished_tasks else None)


def sync_q(self: Any) -> Any:
    """The queue itself, for code written for a queue with two faces."""
    return self


def async_q(self: Any) -> Any:
    """The queue with the methods of asyncio.Queue."""
    from .aio import AsyncView

    return AsyncView(self)


def teach(kind: Any) -> None:
    """Gives a class of queues these methods."""
    kind._aget, kind._aput = _aget, _aput
    kind.sync_q, kind.async_q = property(sync_q), property(async_q)
    if hasattr(kind, "join"):
        kind.ajoin = ajoin
