# SPDX-License-Identifier: MIT
"""Queues in asyncio: `await q.aget()` and `await q.aput(item)` on the objects that threads use.

No thread waits for a task: the queue makes a file descriptor of the event loop readable. A task that is woken takes
its item itself, so that one that is cancelled just then leaves the item in the queue. One queue serves any number of
loops, tasks and threads, and is made without a loop. Works with asyncio's loops and with uvloop's.
"""

from __future__ import annotations

import asyncio
import collections
import os
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ._core import Doorbell, DoorbellHub
from ._standard import Empty, Full, ShutDown

if TYPE_CHECKING:
    from ._core import Queue

_T = TypeVar("_T")

# An object that has become an ordinary Python queue has no doorbell: it is looked at, this often (seconds).
_FIRST_NAP, _LONGEST_NAP = 0.0005, 0.02


class _Side(Doorbell):
    """The tasks of one loop that wait for a queue to have an item, or room."""

    def __init__(self, hub: DoorbellHub, queue: Any, for_room: bool) -> None:
        self.waiters: collections.deque[asyncio.Future[None]] = collections.deque()
        self.woken = 0  # tasks that have not run since
        self._queue, self._for_room = queue, for_room

    def wake(self) -> None:
        """Wakes as many tasks as can go on. The doorbell is for the others, once those that were woken have looked."""
        queue, waiters = self._queue, self.waiters
        while waiters:
            if queue.is_shutdown or queue._is_standard():
                count = len(waiters)
            elif self._for_room:
                count = queue.maxsize - queue.qsize() - self.woken
            else:
                count = queue.qsize() - self.woken
            while waiters and count > 0:
                waiter = waiters.popleft()
                if not waiter.done():
                    waiter.set_result(None)
                    self.woken += 1
                    count -= 1
            if not waiters or self.woken or self.arm():
                return


class _Hub:
    """What one event loop has: a file descriptor, and the queues for which its tasks wait."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._descriptor = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        weakref.finalize(self, os.close, self._descriptor)
        self._rung = DoorbellHub(self._descriptor)
        self._sides: dict[tuple[int, bool], _Side] = {}
        loop.add_reader(self._descriptor, self._on_ring)

    def side(self, queue: Any, for_room: bool) -> _Side:
        key = id(queue), for_room
        side = self._sides.get(key)
        if side is None:
            side = self._sides[key] = _Side(self._rung, queue, for_room)
        return side

    def drop_if_idle(self, queue: Any, for_room: bool) -> None:
        side = self._sides.get((id(queue), for_room))
        if side is not None and not side.waiters:
            side.disarm()
            del self._sides[id(queue), for_room]

    def _on_ring(self) -> None:
        try:
            os.eventfd_read(self._descriptor)
        except BlockingIOError:
            pass  # its number was read already
        for side in self._rung.take():
            side.wake()


_hubs: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Hub] = weakref.WeakKeyDictionary()


async def wait(queue: Any, for_room: bool, attempt: Callable[[], _T], not_yet: type[Exception]) -> _T:
    """Calls attempt() whenever there may be an item, or room, until it no longer raises `not_yet`."""
    loop = asyncio.get_running_loop()
    hub = _hubs.get(loop)
    if hub is None:
        hub = _hubs[loop] = _Hub(loop)
    nap = _FIRST_NAP
    try:
        while True:
            side = hub.side(queue, for_room)
            if queue._is_standard():
                await asyncio.sleep(nap)
                nap = min(2 * nap, _LONGEST_NAP)
            else:
                await _wait_for_ring(side, loop.create_future())
            try:
                return attempt()
            except not_yet:
                pass
            finally:
                side.wake()
    finally:
        hub.drop_if_idle(queue, for_room)


async def _wait_for_ring(side: _Side, waiter: asyncio.Future[None]) -> None:
    side.waiters.append(waiter)
    if not side.arm():  # there is something already
        side.waiters.remove(waiter)
        return
    try:
        await waiter
        side.woken -= 1
    except asyncio.CancelledError:
        if not waiter.cancelled():
            side.woken -= 1
            side.wake()  # it was woken as well: that is now for another task
        elif waiter in side.waiters:
            side.waiters.remove(waiter)
        raise


class AsyncView(Generic[_T]):
    """A queue with the methods of asyncio.Queue, for programs that take one. Get it by `q.async_q`."""

    def __init__(self, queue: Queue[_T]) -> None:
        self.sync_q = queue
        # The queue's own methods: each coroutine more would cost as much as the put.
        self.put, self.get = queue.aput, queue.aget

    def put_nowait(self, item: _T) -> None:
        """Raises asyncio.QueueFull without room."""
        try:
            self.sync_q.put_nowait(item)
        except Full:
            raise asyncio.QueueFull from None

    def get_nowait(self) -> _T:
        """Raises asyncio.QueueEmpty without an item."""
        try:
            return self.sync_q.get_nowait()
        except Empty:
            raise asyncio.QueueEmpty from None

    async def join(self) -> None:
        """Waits until every item put has been marked done. Looks every 20 ms at the latest."""
        nap = _FIRST_NAP
        while self.sync_q.unfinished_tasks:
            await asyncio.sleep(nap)
            nap = min(2 * nap, _LONGEST_NAP)

    def task_done(self) -> None:
        """As Queue.task_done()."""
        self.sync_q.task_done()

    def qsize(self) -> int:
        """As Queue.qsize()."""
        return self.sync_q.qsize()

    def empty(self) -> bool:
        """As Queue.empty()."""
        return self.sync_q.empty()

    def full(self) -> bool:
        """As Queue.full()."""
        return self.sync_q.full()

    def shutdown(self, immediate: bool = False) -> None:
        """As Queue.shutdown()."""
        self.sync_q.shutdown(immediate)

    @property
    def maxsize(self) -> int:
        """As Queue.maxsize."""
        return self.sync_q.maxsize

    def __aiter__(self) -> AsyncView[_T]:
        return self

    async def __anext__(self) -> _T:
        try:
            return await self.get()
        except ShutDown:
            raise StopAsyncIteration from None
