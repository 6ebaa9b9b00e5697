# SPDX-License-Identifier: MIT
"""A queue of Python's own kind: a container, a mutex and three conditions.

A native queue becomes such a queue when its class overrides a hook, or when somebody uses its mutex, its conditions
or its container. The functions here are then its methods: `self` is the queue, whose attributes have the names that
programs rely on. They are written in terms of the hooks alone.
"""

from __future__ import annotations

import collections
import heapq
import queue
import sys
import threading
import types
from collections.abc import Callable
from typing import Any

Empty = queue.Empty
Full = queue.Full

if sys.version_info >= (3, 13):
    ShutDown = queue.ShutDown
else:

    class ShutDown(Exception):
        """Raised by put() after shutdown(), and by get() once the queue is empty as well."""

        __module__ = "plait.queue"


class FirstInFirstOut:
    """The hooks of Queue."""

    queue: Any

    def _init(self, maxsize: int) -> None:
        self.queue = collections.deque()

    def _qsize(self) -> int:
        return len(self.queue)

    def _put(self, item: Any) -> None:
        self.queue.append(item)

    def _get(self) -> Any:
        return self.queue.popleft()


class LastInFirstOut:
    """The hooks of LifoQueue."""

    queue: Any

    def _init(self, maxsize: int) -> None:
        self.queue = []

    def _qsize(self) -> int:
        return len(self.queue)

    def _put(self, item: Any) -> None:
        self.queue.append(item)

    def _get(self) -> Any:
        return self.queue.pop()


class SmallestFirst:
    """The hooks of PriorityQueue."""

    queue: Any

    def _init(self, maxsize: int) -> None:
        self.queue = []

    def _qsize(self) -> int:
        return len(self.queue)

    def _put(self, item: Any) -> None:
        heapq.heappush(self.queue, item)

    def _get(self) -> Any:
        return heapq.heappop(self.queue)


class _Condition(threading.Condition):
    """Calls those who wait without a thread, too."""

    def __init__(self, mutex: threading.Lock) -> None:
        super().__init__(mutex)
        self.asked: set[Callable[[], None]] = set()

    def notify(self, n: int = 1) -> None:
        super().notify(n)
        asked, self.asked = self.asked, set()
        for tell in asked:
            tell()


def _fields(maxsize: Any) -> dict[str, Any]:
    mutex = threading.Lock()
    return {
        "maxsize": maxsize,
        "mutex": mutex,
        "not_empty": _Condition(mutex),
        "not_full": _Condition(mutex),
        "all_tasks_done": _Condition(mutex),
        "unfinished_tasks": 0,
        "is_shutdown": False,
    }


def initialise(self: Any, maxsize: Any) -> None:
    """For a new object whose class overrides hooks."""
    self.__dict__.update(_fields(maxsize))
    self._init(maxsize)


def take_over(self: Any, maxsize: Any, items: list[Any], unfinished_tasks: int, is_shutdown: bool) -> None:
    """For a native queue: makes the attributes, with what it held. Nobody uses them yet."""
    made = types.SimpleNamespace()
    type(self)._init(made, maxsize)  # that of Queue, LifoQueue or PriorityQueue
    made.queue.extend(items)
    self.__dict__.update(
        _fields(maxsize), queue=made.queue, unfinished_tasks=unfinished_tasks, is_shutdown=is_shutdown
    )


def _wait(
    condition: threading.Condition,
    is_over: Callable[[], object],
    block: bool,
    timeout: float | None,
    impatient: type[Exception],
) -> None:
    """Returns when is_over() is true; raises `impatient` if it does not become true in time."""
    if block and timeout is not None and timeout < 0:
        raise ValueError("'timeout' must be a non-negative number")
    if is_over():
        return
    if not block:
        raise impatient
    if not condition.wait_for(is_over, timeout):
        raise impatient


def put(self: Any, item: Any, block: bool = True, timeout: float | None = None) -> None:
    with self.not_full:
        if not self.is_shutdown and self.maxsize > 0:
            _wait(
                self.not_full,
                lambda: self.is_shutdown or self._qsize() < self.maxsize,
                block,
                timeout,
                Full,
            )
        if self.is_shutdown:
            raise ShutDown
        self._put(item)
        self.unfinished_tasks += 1
        self.not_empty.notify()


def get(self: Any, block: bool = True, timeout: float | None = None) -> Any:
    with self.not_empty:
        _wait(self.not_empty, lambda: self.is_shutdown or self._qsize(), block, timeout, Empty)
        if not self._qsize():
            raise ShutDown
        item = self._get()
        self.not_full.notify()
        return item


_conditions = {"item": "not_empty", "room": "not_full", "all done": "all_tasks_done"}


def ask(self: Any, wish: str, tell: Callable[[], None]) -> bool:
    """True: tell() is called once, when there may be an item, or room, or all is done. False: it is so now."""
    with self.mutex:
        if wish == "all done":
            is_so = not self.unfinished_tasks
        elif wish == "item":
            is_so = self.is_shutdown or self._qsize() > 0
        else:
            is_so = self.is_shutdown or self.maxsize <= 0 or self._qsize() < self.maxsize
        if not is_so:
            getattr(self, _conditions[wish]).asked.add(tell)
        return not is_so


def ask_no_more(self: Any, wish: str, tell: Callable[[], None]) -> None:
    """It is not called any more."""
    with self.mutex:
        getattr(self, _conditions[wish]).asked.discard(tell)


def take_now(self: Any, max_items: int | None = None) -> list[Any]:
    """A list of what can be taken without waiting."""
    with self.mutex:
        count = self._qsize() if max_items is None else min(self._qsize(), max_items)
        items = [self._get() for _ in range(count)]
        self.not_full.notify_all()
        return items


def snapshot(self: Any) -> list[Any]:
    with self.mutex:
        return list(self.queue)


def qsize(self: Any) -> int:
    with self.mutex:
        size: int = self._qsize()
        return size


def empty(self: Any) -> bool:
    with self.mutex:
        return not self._qsize()


def full(self: Any) -> bool:
    with self.mutex:
        return bool(0 < self.maxsize <= self._qsize())


def task_done(self: Any) -> None:
    with self.all_tasks_done:
        if self.unfinished_tasks <= 0:
            raise ValueError("task_done() called too many times")
        self.unfinished_tasks -= 1
        if self.unfinished_tasks == 0:
            self.all_tasks_done.notify_all()


def join(self: Any) -> None:
    with self.all_tasks_done:
        self.all_tasks_done.wait_for(lambda: not self.unfinished_tasks)


def shutdown(self: Any, immediate: bool = False) -> None:
    with self.mutex:
        self.__dict__["is_shutdown"] = True
        if immediate:
            while self._qsize():
                self._get()
                self.unfinished_tasks = max(0, self.unfinished_tasks - 1)
            self.all_tasks_done.notify_all()
        self.not_empty.notify_all()
        self.not_full.notify_all()
