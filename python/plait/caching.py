# SPDX-License-Identifier: MIT
"""ExpiringCache, and the decorator cached(): a value is loaded once, however many threads and tasks ask for it."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Generic, ParamSpec, TypeVar, cast

from ._core import CacheTable
from ._flights import Abandoned, Flight, Flights, Wait

_K = TypeVar("_K")
_V = TypeVar("_V")
_P = ParamSpec("_P")
_R = TypeVar("_R")

_missing: Any = object()


class _Lead(Generic[_V]):
    """`with` it, load a value, and keep() it."""

    def __init__(self, cache: ExpiringCache[Any, _V], flight: Flight[_V]) -> None:
        self._cache, self.flight = cache, flight
        self._value: Any = None
        self._is_kept = False

    def __enter__(self) -> None:
        pass

    def keep(self, value: _V, ttl: Any) -> _V:
        # A value that somebody has put meanwhile is newer, and stays. It is kept before the flight ends: whoever
        # comes now finds one or the other.
        self._value = value
        if not self.flight.is_stale:
            if ttl is _missing:
                self._is_kept = self._cache.add(self.flight.key, value)
            else:
                self._is_kept = self._cache.add(self.flight.key, value, ttl)
        return value

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cache._forget(self.flight, self._is_kept)
        if error is None:
            self.flight.outcome.set_result(self._value)
        elif isinstance(error, StopIteration):  # a task that waits cannot raise it
            failure = RuntimeError("the load raised StopIteration")
            failure.__cause__ = error
            self.flight.outcome.set_exception(failure)
        elif isinstance(error, Exception):
            self.flight.outcome.set_exception(error)
        else:
            self.flight.outcome.set_exception(Abandoned())


def _place_of(key: Any) -> tuple[Any, Any]:
    """Equal for keys that are one key of a cache, which tells plain ones from all others, and by their type."""
    kind = type(key)
    return kind if kind in (str, bytes, int) else None, key


class ExpiringCache(CacheTable[_K, _V]):
    """A dictionary that holds at most `maxsize` entries, and each for at most `ttl` seconds.

    Any thread may use it; every operation on one key is atomic, and only loads wait. Which entry leaves when there is
    no room is decided by how often and how lately each was asked for. on_evict(key, value, reason) is called for each
    value that leaves, without a lock; the reason is evicted, expired, replaced, removed or cleared.

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
        self._flights: Flights[_V] = Flights()

    def get_or_load(self, key: _K, load: Callable[[], _V], ttl: Any = _missing) -> _V:
        """The value of a key; if there is none, what load() returns, which is kept.

        One thread or task at a time loads a key, with no lock held; all others who ask for it wait, and get the same
        value, or the same exception, which is not kept; those who wait get StopIteration as a RuntimeError. A load that
        leads back to its own key, by itself or by way of other loads that wait for it, raises RuntimeError instead of
        waiting for ever. In a child of fork() a load of another thread is not under way any more: whoever asks next
        loads.
        """
        while True:
            value, turn = self._look(key, blocks_thread=True)
            if turn is None:
                return cast(_V, value)
            with turn:
                if isinstance(turn, _Lead):
                    return turn.keep(load(), ttl)
                return turn.flight.outcome.result()

    async def aget_or_load(self, key: _K, load: Callable[[], Awaitable[_V]], ttl: Any = _missing) -> _V:
        """As get_or_load(), for a coroutine function. Tasks and threads wait for one another."""
        while True:
            value, turn = self._look(key, blocks_thread=False)
            if turn is None:
                return cast(_V, value)
            with turn:
                if isinstance(turn, _Lead):
                    return turn.keep(await load(), ttl)
                from .aio import result_of

                return await result_of(turn.flight.outcome)

    def pop(self, key: _K, default: Any = _missing) -> Any:
        """Removes a key and returns its value; without one the default, or KeyError. Atomic.

        What is just being loaded for it is not kept.
        """
        self._outdate(key)
        return super().pop(key) if default is _missing else super().pop(key, default)

    def discard(self, key: _K, /) -> bool:
        """Removes a key, and says whether it was there. What is just being loaded for it is not kept. Atomic."""
        self._outdate(key)
        return super().discard(key)

    def __delitem__(self, key: _K) -> None:
        if not self.discard(key):
            raise KeyError(key)

    def clear(self) -> None:
        """Removes all that is there when it begins. What is just being loaded is not kept. Not atomic."""
        with self._flights.lock:
            for flight in self._flights.all.values():
                flight.is_stale = True
        super().clear()

    def _outdate(self, key: _K) -> None:
        flights = self._flights
        if flights.all:
            with flights.lock:
                flight = flights.all.get(_place_of(key))
                if flight is not None:
                    flight.is_stale = True

    def _look(self, key: _K, blocks_thread: bool) -> tuple[Any, _Lead[_V] | Wait[_V] | None]:
        """The value; or, without one, the caller's turn: to load it, or to wait for another's load."""
        while True:
            value = self.get(key, _missing)
            if value is not _missing:
                return value, None
            flights = self._flights
            with flights.lock:
                flight = flights.all.get(_place_of(key))
                if flight is not None:
                    return None, Wait(flight, blocks_thread)
                if key not in self:  # nobody has loaded it since
                    flight = flights.all[_place_of(key)] = Flight(key)
                    return None, _Lead(self, flight)

    def _forget(self, flight: Flight[_V], is_kept: bool) -> None:
        with self._flights.lock:
            del self._flights.all[_place_of(flight.key)]
        if is_kept and flight.is_stale:
            super().discard(flight.key)


def _key_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if not kwargs and len(args) == 1 and type(args[0]) in (str, int, bytes):
        return args[0]
    return (args, _missing, frozenset(kwargs.items())) if kwargs else args  # no argument is _missing


def cached(
    *, maxsize: int = 1024, ttl: float | None = None, key: Callable[..., Any] | None = None
) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """A decorator that keeps what a function returns, for each combination of arguments.

    However many threads or tasks call it with the same arguments, it runs once: the others wait, and get the same
    value, or the same exception, which is not kept. RuntimeError: a call would wait for itself. It takes functions and
    coroutine functions. The attribute `cache` of the result is the ExpiringCache; key(*args, **kwargs) makes its keys, if it is
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
                where = key_for(args, kwargs)
                value = cache.get(where, _missing)
                if value is not _missing:
                    return value
                return await cache.aget_or_load(where, functools.partial(function, *args, **kwargs))

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
