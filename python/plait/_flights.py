# SPDX-License-Identifier: MIT
"""Loads that are under way: one thread or task leads each, and all others who want the same wait for it.

Who waits for whom is known, for all caches together. So whoever would close a circle gets an error instead.
"""

from __future__ import annotations

import os
import sys
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Generic, NoReturn, TypeVar

_V = TypeVar("_V")


class Abandoned(Exception):
    """The leader was cancelled: one of those who wait has to load."""


def in_trio_task() -> bool:
    """Without importing trio, which another thread may be in the middle of."""
    is_in_task: Callable[[], bool] | None = getattr(sys.modules.get("trio.lowlevel"), "in_trio_task", None)
    return is_in_task is not None and is_in_task()


def _this_task() -> object | None:
    """The running task of asyncio or trio."""
    if in_trio_task():
        return sys.modules["trio.lowlevel"].current_task()  # type: ignore[no-any-return]
    asyncio = sys.modules.get("asyncio")  # without which there are no tasks
    try:
        return asyncio.current_task() if asyncio is not None else None
    except RuntimeError:
        return None


class Flight(Generic[_V]):
    """One load."""

    def __init__(self, key: Any) -> None:
        self.key = key
        self.thread = threading.get_ident()
        self.leader = _this_task() or self.thread
        self.is_stale = False  # the key was removed meanwhile: what is loaded is not kept
        self.begin()

    def begin(self) -> None:
        """Nobody waits for it yet."""
        self.outcome: Future[_V] = Future()
        self.outcome.set_running_or_notify_cancel()  # a waiter that is cancelled does not end the load


class Flights(Generic[_V]):
    """The loads of one cache that are under way, by the places of their keys."""

    def __init__(self) -> None:
        self.lock = threading.RLock()  # comparing two keys may lead back here
        self.all: dict[tuple[Any, Any], Flight[_V]] = {}
        _every.add(self)

    def keep_those_of(self, thread: int) -> None:
        """In the child of a fork, where no other thread is left to end its loads."""
        self.lock = threading.RLock()
        self.all = {place: flight for place, flight in self.all.items() if flight.thread == thread}
        for flight in self.all.values():
            flight.begin()


_every: weakref.WeakSet[Flights[Any]] = weakref.WeakSet()


# What each task that waits waits for, and each thread that is blocked, together with all of its tasks.
_waits: dict[object, Flight[Any]] = {}
_waits_lock = threading.RLock()  # a signal handler, or a destructor, may lead back here


def _after_fork_in_child() -> None:
    global _waits_lock
    _waits_lock = threading.RLock()
    me = threading.get_ident()
    for other in [waiter for waiter in _waits if isinstance(waiter, int) and waiter != me]:
        del _waits[other]
    for flights in list(_every):
        flights.keep_those_of(me)


os.register_at_fork(after_in_child=_after_fork_in_child)


class Wait(Generic[_V]):
    """`with Wait(flight, blocks_thread):` wait for another's load. If that is abandoned, the program goes on below."""

    def __init__(self, flight: Flight[_V], blocks_thread: bool) -> None:
        self.flight = flight
        thread = threading.get_ident()
        self._task = _this_task() or thread
        self._thread = thread if blocks_thread else None
        self._waiter = thread if blocks_thread else self._task

    def __enter__(self) -> None:
        with _waits_lock:
            circle = self._circle(self.flight)
            # A signal handler may interrupt a wait of this thread by another.
            self._interrupted = _waits.get(self._waiter)
            if not circle:
                _waits[self._waiter] = self.flight
        if circle:
            self._raise(circle)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        with _waits_lock:
            if self._interrupted is None:
                del _waits[self._waiter]
            else:
                _waits[self._waiter] = self._interrupted
        return isinstance(error, Abandoned)

    def _circle(self, flight: Flight[Any]) -> list[Flight[Any]]:
        """The flights by which this one would wait for whoever asks. No flight waits for itself yet."""
        if flight.outcome.done():  # whoever has waited for it may still be in _waits
            return []
        if flight.leader == self._task or flight.thread == self._thread:
            return [flight]
        for waiter in {flight.leader, flight.thread} & _waits.keys():
            rest = self._circle(_waits[waiter])
            if rest:
                return [flight, *rest]
        return []

    def _raise(self, circle: list[Flight[Any]]) -> NoReturn:
        keys = [repr(flight.key) for flight in circle]
        asked = ", whose load asks for ".join(keys)
        if circle[-1].leader != self._task:
            raise RuntimeError(
                f"waiting for {asked} would block the event loop that loads {keys[-1]}; await it instead"
            )
        if len(keys) == 1:
            asked += " itself"
        raise RuntimeError(f"the load of {keys[-1]} asks for {asked}, and would wait for ever")
