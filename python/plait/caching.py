# SPDX-License-Identifier: MIT
"""ExpiringCache, and the decorator cached(): a value is loaded once, however many threads and tasks ask for it."""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Any, Generic, ParamSpec, TypeVar, cast

from ._core import CacheTable

_K = TypeVar("_K")
_V = TypeVar("_V")
_P = ParamSpec("_P")
_R = TypeVar("_R")

_missing: Any = object()


class _Flight(Generic[_V]):
    """One load that is under way. Who asks meanwhile waits for its outcome."""

    def __init__(self, leader: object) -> None:
        self.leader = leader
        self.is_stale = False  # the key was removed meanwhile: what is loaded is not kept
        self.outcome: Future[_V] = Future()
        self.outcome.set_running_or_notify_cancel()  # a waiter that is cancelled does not end the load


class _Abandoned(Exception):
    """The leader was cancelled: one of those who wait has to load."""


def _this_thread_or_task() -> object:
    asyncio = sys.modules.get("asyncio")  # without which there are no tasks
    try:
        task = asyncio.current_task() if asyncio is not None else None
    except RuntimeError:
        task = None
    return task if task is not None else threading.get_ident()


class ExpiringCache(CacheTable[_K, _V]):
    """A dictionary that holds at most `maxsize` entries, and each for at most `ttl` seconds.

    Any thread may use it; every operation is atomic. Which entry leaves when there is no room is decided by how often
    and how lately each was asked for. on_evict(key, value, reason) is called for each value that leaves, without a
    lock; the reason is evicted, expired, replaced, removed or cleared.

    Keys that are exactly str, bytes or int are compared by value, and all others as by a dict; the two kinds are never
    equal, so that 1 and 1.0 are two keys. A cycle of references that leads through a cache is not found by the garbage
    collector: clear() ends it.
    """

    def __init__(
        self,
        maxsize: int,
        ttl: float | None = None,
        *,
        on_evict: Callable[[_K, _V, str], object] | None = None,
    ) -> None:
        self._lock = threading.RLock()  # comparing two keys may lead back here
        self._flights: dict[_K, _Flight[_V]] = {}

    def get_or_load(self, key: _K, load: Callable[[], _V], ttl: Any = _missing) -> _V:
        """The value of a key; if there is none, what load() returns, which is kept.

        One thread or task at a time loads a key, with no lock held; all others who ask for it wait, and get the same
        value, or the same exception, which is not kept. A load that leads back to its own key raises RuntimeError.
        """
        while True:
            value = self.get(key, _missing)
            if value is not _missing:
                return cast(_V, value)
            flight, is_mine = self._join(key)
            if flight is None:
                continue
            if not is_mine:
                try:
                    return flight.outcome.result()
                except _Abandoned:
                    continue
            try:
                value = load()
            except BaseException as error:
                self._end(key, flight, error=error)
                raise
            self._end(key, flight, value, ttl)
            return value

    async def aget_or_load(self, key: _K, load: Callable[[], Awaitable[_V]], ttl: Any = _missing) -> _V:
        """As get_or_load(), for a coroutine function. Tasks and threads wait for one another."""
        import asyncio

        while True:
            value = self.get(key, _missing)
            if value is not _missing:
                return cast(_V, value)
            flight, is_mine = self._join(key)
            if flight is None:
                continue
            if not is_mine:
                try:
                    return await asyncio.wrap_future(flight.outcome)
                except _Abandoned:
                    continue
            try:
                value = await load()
            except BaseException as error:
                self._end(key, flight, error=error)
                raise
            self._end(key, flight, value, ttl)
            return value

    def pop(self, key: _K, default: Any = _missing) -> Any:
        """Removes a key and returns its value; without one the default, or KeyError."""
        value = self.get(key, _missing)
        if value is _missing or not self.discard(key):
            if default is _missing:
                raise KeyError(key)
            return default
        return value

    def discard(self, key: _K, /) -> bool:
        """Removes a key, and says whether it was there. What is just being loaded for it is not kept."""
        if self._flights:
            with self._lock:
                if key in self._flights:
                    self._flights[key].is_stale = True
        return super().discard(key)

    def __delitem__(self, key: _K) -> None:
        if not self.discard(key):
            raise KeyError(key)

    def clear(self) -> None:
        """Removes all that is there when it begins. What is just being loaded is not kept."""
        with self._lock:
            for flight in self._flights.values():
                flight.is_stale = True
        super().clear()

    def _join(self, key: _K) -> tuple[_Flight[_V] | None, bool]:
        """The load of a key that is under way; or a new one, which is the caller's; or none: the key has a value."""
        me = _this_thread_or_task()
        with self._lock:
            flight = self._flights.get(key)
            if flight is None:
                if key in self:
                    return None, False
                self._flights[key] = flight = _Flight(me)
                return flight, True
        if flight.leader == me:
            raise RuntimeError(f"the load of {key!r} asks for {key!r} itself, and would wait for ever")
        return flight, False

    def _end(
        self,
        key: _K,
        flight: _Flight[_V],
        value: Any = None,
        ttl: Any = _missing,
        error: BaseException | None = None,
    ) -> None:
        # A value that somebody has put meanwhile is newer, and stays. It is kept before the flight ends: whoever
        # comes now finds one or the other.
        if error is None and not flight.is_stale:
            if ttl is _missing:
                self.add(key, value)
            else:
                self.add(key, value, ttl)
        with self._lock:
            del self._flights[key]
        if flight.is_stale:
            super().discard(key)
        if error is None:
            flight.outcome.set_result(value)
        elif isinstance(error, Exception):
            flight.outcome.set_exception(error)
        else:
            flight.outcome.set_exception(_Abandoned())


def _key_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if not kwargs and len(args) == 1 and type(args[0]) in (str, int, bytes):
        return args[0]
    return (args, frozenset(kwargs.items())) if kwargs else args


def cached(
    *, maxsize: int = 1024, ttl: float | None = None, key: Callable[..., Any] | None = None
) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """A decorator that keeps what a function returns, for each combination of arguments.

    However many threads or tasks call it with the same arguments, it runs once. It takes functions and coroutine
    functions. The attribute `cache` of the result is the ExpiringCache; key(*args, **kwargs) makes its keys, if it is
    given.
    """
    import inspect

    make_key = key

    def decorate(function: Callable[_P, _R]) -> Callable[_P, _R]:
        cache: ExpiringCache[Any, Any] = ExpiringCache(maxsize, ttl)

        def key_for(args: Any, kwargs: Any) -> Any:
            return make_key(*args, **kwargs) if make_key is not None else _key_of(args, kwargs)

        if inspect.iscoroutinefunction(function):

            async def acall(*args: _P.args, **kwargs: _P.kwargs) -> Any:
                load = functools.partial(function, *args, **kwargs)
                return await cache.aget_or_load(key_for(args, kwargs), load)

            wrapper: Any = acall
        else:

            def call(*args: _P.args, **kwargs: _P.kwargs) -> _R:
                where = key_for(args, kwargs)
                value = cache.get(where, _missing)
                if value is not _missing:
                    return cast(_R, value)
                return cast(_R, cache.get_or_load(where, functools.partial(function, *args, **kwargs)))

            wrapper = call
        functools.update_wrapper(wrapper, function)
        wrapper.cache = cache
        return cast(Callable[_P, _R], wrapper)

    return decorate
