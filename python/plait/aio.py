# SPDX-License-Identifier: MIT
"""Queues for tasks: `await q.aget()`, `await q.aput(item)` and `await q.ajoin()` on the objects that threads use.

No thread waits for a task: the queue makes a file descriptor of the event loop readable. A task that is woken takes
its item itself, so that one that is cancelled just then leaves the item in the queue. One queue serves any number of
loops, tasks and threads, and is made without a loop. Works with asyncio's loops, uvloop's and trio's, and so with
anyio, which runs on those.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import weakref
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from . import _standard
from ._core import Doorbell, DoorbellHub
from ._flights import in_trio_task
from ._standard import ShutDown

if TYPE_CHECKING:
    from ._core import Queue

_T = TypeVar("_T")

not_yet: Any = object()


class Side(Doorbell):
    """The tasks of one loop that wait for a queue to have an item, or room, or for all to be done."""

    __slots__ = ("hub", "queue", "waiters", "wish", "woken")

    hub: Hub

    def __init__(self, bells: DoorbellHub, queue: Any, wish: str) -> None:
        self.queue, self.wish = queue, wish
        self.waiters: collections.deque[Any] = collections.deque()
        self.woken = 0  # tasks that have not run since

    def arm_standard(self) -> bool:
        """arm(), for an object that has become an ordinary Python queue."""
        return _standard.ask(self.queue, self.wish, self.ring)

    def disarm_standard(self) -> None:
        """disarm(), for such an object."""
        _standard.ask_no_more(self.queue, self.wish, self.ring)

    def ring(self) -> None:
        """Has wake() called, from any thread."""
        self.hub.call_soon(self.wake)

    def wake(self) -> None:
        """Wakes as many tasks as can go on. The doorbell is for the others, once those that were woken have looked."""
        waiters = self.waiters
        while waiters:
            count = self._how_many_can_go_on() - self.woken
            while waiters and count > 0:
                waiter = waiters.popleft()
                if not waiter.done():
                    waiter.set_result(None)
                    self.woken += 1
                    count -= 1
            if not waiters or self.woken or self.arm():
                return

    def _how_many_can_go_on(self) -> int:
        queue, everybody = self.queue, len(self.waiters) + self.woken
        if self.wish == "all done":
            return 0 if queue.unfinished_tasks else everybody
        if queue.is_shutdown:
            return everybody
        size: int = queue.qsize()
        if self.wish == "item":
            return size
        bound: int = queue.maxsize
        return bound - size if bound > 0 else everybody

    def leave(self, waiter: Any) -> None:
        """For a waiter that was cancelled, or closed."""
        if waiter in self.waiters:
            self.waiters.remove(waiter)
        elif not waiter.cancelled():
            self.woken -= 1  # it was woken as well: that is now for another task
        self.go_on()

    def go_on(self) -> None:
        """After one has looked: what it has left is for others."""
        if self.waiters:
            self.wake()
        if not self.waiters and not self.woken:
            self.disarm()
            self.hub.forget(self)


class Hub:
    """What one event loop has: a file descriptor, and the queues for which its tasks wait."""

    def __init__(self) -> None:
        self.bells = DoorbellHub(self._ring_from_a_task)
        self._sides: dict[tuple[int, str], Side] = {}

    def is_here(self) -> bool:
        """Whether this loop runs the caller."""
        raise NotImplementedError

    def call_soon(self, call: Callable[[], None]) -> None:
        """Calls it in the loop; from any thread. Does nothing if the loop has ended."""
        raise NotImplementedError

    def side(self, queue: Any, wish: str) -> Side:
        key = id(queue), wish
        side = self._sides.get(key)
        if side is None:
            side = self._sides[key] = Side(self.bells, queue, wish)
            side.hub = self
        return side

    def forget(self, side: Side) -> None:
        key = id(side.queue), side.wish
        if self._sides.get(key) is side:
            del self._sides[key]

    def on_ring(self) -> None:
        """Called in the loop when the descriptor is readable."""
        self._wake_those_that_rang(True)

    def _wake_those_that_rang(self, was_readable: bool) -> None:
        for side in self.bells.take(was_readable):
            side.wake()

    def _ring_from_a_task(self) -> None:
        if self.is_here():
            self._wake_those_that_rang(False)
        else:  # a task of another loop
            self.bells.make_readable()


def wait(queue: Any, wish: str, attempt: Callable[[Any], _T]) -> Awaitable[_T]:
    """Calls attempt(not_yet) whenever there may be what is wished, until it returns something else."""
    if in_trio_task():
        from ._on_trio import wait_in_trio

        return wait_in_trio(queue, wish, attempt)
    loop = asyncio.get_running_loop()
    return wait_at(_hub_of(loop), loop.create_future, queue, wish, attempt)


async def result_of(future: Future[_T]) -> _T:
    """Waits for a future that threads wait for, too; being cancelled does not cancel that."""
    if in_trio_task():
        from ._on_trio import result_in_trio

        return await result_in_trio(future)
    return await asyncio.wrap_future(future)


async def wait_at(
    hub: Hub, make_waiter: Callable[[], Any], queue: Any, wish: str, attempt: Callable[[Any], _T]
) -> _T:
    """A waiter can be awaited, and has done(), cancelled() and set_result(None), as futures of asyncio do."""
    while True:
        side = hub.side(queue, wish)
        if side.arm():
            waiter = make_waiter()
            side.waiters.append(waiter)
            try:
                await waiter
            except BaseException:
                side.leave(waiter)
                raise
            side.woken -= 1
        try:
            result = attempt(not_yet)
        finally:
            side.go_on()
        if result is not not_yet:
            return result


class _LoopHub(Hub):
    """Of a loop of asyncio."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.loop = weakref.ref(loop)  # it has this object in _hubs
        loop.add_reader(self.bells.fileno(), self.on_ring)

    def is_here(self) -> bool:
        return _running_loop() is self.loop()

    def call_soon(self, call: Callable[[], None]) -> None:
        loop = self.loop()
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # it is closed
                loop.call_soon_threadsafe(call)


_running_loop = asyncio._get_running_loop
_hubs: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _LoopHub] = weakref.WeakKeyDictionary()
# The last one that was asked for: a look there takes a tenth of the time.
_latest: weakref.ref[_LoopHub] | None = None


def _hub_of(loop: asyncio.AbstractEventLoop) -> _LoopHub:
    global _latest
    hub = _latest() if _latest is not None else None
    if hub is None or hub.loop() is not loop:
        hub = _hubs.get(loop)
        if hub is None:
            hub = _hubs[loop] = _LoopHub(loop)
        _latest = weakref.ref(hub)
    return hub


class AsyncView(Generic[_T]):
    """A queue with the methods of asyncio.Queue, for programs that take one. Get it by `q.async_q`."""

    def __init__(self, queue: Queue[_T]) -> None:
        self.sync_q = queue
        # The queue's own methods: each coroutine more would cost as much as the put.
        self.put, self.get = queue.aput, queue.aget
        if hasattr(queue, "join"):
            self.join, self.task_done = queue.ajoin, queue.task_done

    def put_nowait(self, item: _T) -> None:
        """Raises asyncio.QueueFull without room."""
        if self.sync_q._try_put(item, not_yet) is not_yet:
            raise asyncio.QueueFull

    def get_nowait(self) -> _T:
        """Raises asyncio.QueueEmpty without an item."""
        item: _T = self.sync_q._try_get(not_yet)
        if item is not_yet:
            raise asyncio.QueueEmpty
        return item

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
