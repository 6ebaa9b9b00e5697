# SPDX-License-Identifier: MIT
"""Guarded: a value that can only be reached under its lock; lock_all(): several locks, in any order; Local."""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any, Generic, Protocol, TypeVar

_T = TypeVar("_T")
_R = TypeVar("_R")


class _Lock(Protocol):
    def acquire(self, blocking: bool = True) -> bool: ...
    def release(self) -> None: ...


class Guarded(Generic[_T]):
    """A value and its lock.

    with accounts as value: ...   # the lock is held meanwhile
    accounts.apply(function)      # function(value), under the lock
    accounts.set(value)           # another value
    accounts.wait(condition)      # until condition(value) is true: threads that change the value wake those that wait

    Any thread may call any of these. All wait for the lock, which a thread may take again; what a function raises is
    raised once the lock is free. It is locked with other locks by lock_all().
    """

    def __init__(self, value: _T) -> None:
        self._value = value
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)

    def __enter__(self) -> _T:
        self._lock.acquire()
        return self._value

    def __exit__(self, *error: object) -> None:
        self._changed.notify_all()
        self._lock.release()

    def apply(self, function: Callable[[_T], _R]) -> _R:
        """What function(value) returns. Atomic with regard to all that reaches the value."""
        with self as value:
            return function(value)

    def set(self, value: _T) -> _T:
        """Exchanges the value and returns the one before. Atomic."""
        with self:
            before, self._value = self._value, value
            return before

    def wait(self, condition: Callable[[_T], object], timeout: float | None = None) -> bool:
        """Waits until condition(value), called under the lock, is true; False: it was not in `timeout` seconds."""
        with self._lock:
            return bool(self._changed.wait_for(lambda: condition(self._value), timeout))

    def acquire(self, blocking: bool = True) -> bool:
        """For lock_all()."""
        return self._lock.acquire(blocking)

    def release(self) -> None:
        """For lock_all()."""
        self._changed.notify_all()
        self._lock.release()


@contextlib.contextmanager
def lock_all(*locks: _Lock) -> Iterator[None]:
    """Holds several locks, whatever their order: anything with acquire() and release().

    Two threads that name the same locks in two orders cannot deadlock here: no lock is held while one is waited for.
    A lock that is named twice is taken once. Waits without the GIL; if acquire() raises, none is held.
    """
    wanted = list({id(lock): lock for lock in locks}.values())
    first = 0
    while True:
        with contextlib.ExitStack() as held:  # gives all back, even if one release() raises
            for number in range(len(wanted)):
                lock = wanted[(first + number) % len(wanted)]
                if not lock.acquire(number == 0):  # waits for the first only
                    first = (first + number) % len(wanted)
                    break
                held.callback(lock.release)
            else:
                yield
                return


class _Holder(Generic[_T]):
    """A thread's value; the thread alone has a reference to it."""

    __slots__ = ("__weakref__", "value")

    def __init__(self, value: _T) -> None:
        self.value = value


class Local(Generic[_T]):
    """A value of its own for each thread and object: made by factory() when a thread first asks, and dropped with it.

    values() lists those of the threads that live, so that they can be summed up. Any thread may call any of these,
    and none waits; what factory() raises is raised, and it is asked again next time.
    """

    def __init__(self, factory: Callable[[], _T]) -> None:
        self._factory = factory
        self._own = threading.local()
        # By their id(). No lock: a signal handler may come between, or a fork.
        self._holders: weakref.WeakValueDictionary[int, _Holder[_T]] = weakref.WeakValueDictionary()

    def get(self) -> _T:
        """This thread's value."""
        try:
            holder: _Holder[_T] = self._own.holder
        except AttributeError:
            holder = _Holder(self._factory())
            self._holders[id(holder)] = holder
            self._own.holder = holder
        return holder.value

    def set(self, value: _T) -> None:
        """Gives this thread another value."""
        try:
            self._own.holder.value = value
        except AttributeError:
            holder = _Holder(value)
            self._holders[id(holder)] = holder
            self._own.holder = holder

    def values(self) -> list[Any]:
        """The values of all threads that live and have one."""
        holders = [reference() for reference in self._holders.valuerefs()]  # a copy, at one moment
        return [holder.value for holder in holders if holder is not None]
