# SPDX-License-Identifier: MIT
"""Waiting in trio."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from concurrent.futures import Future
from typing import Any, TypeVar

import trio

from .aio import Hub, not_yet, wait_at

_T = TypeVar("_T")


class _Waiter:
    """The running task, which can be woken once."""

    def __init__(self) -> None:
        self._task = trio.lowlevel.current_task()
        self._is_done = self._is_cancelled = False

    def __await__(self) -> Generator[Any, Any, Any]:
        return trio.lowlevel.wait_task_rescheduled(self._abort).__await__()

    def _abort(self, _: Any) -> trio.lowlevel.Abort:
        self._is_done = self._is_cancelled = True
        return trio.lowlevel.Abort.SUCCEEDED

    def done(self) -> bool:
        return self._is_done

    def cancelled(self) -> bool:
        return self._is_cancelled

    def set_result(self, _: None) -> None:
        self._is_done = True
        trio.lowlevel.reschedule(self._task)


class _RunHub(Hub):
    def __init__(self) -> None:
        super().__init__()
        self._token = trio.lowlevel.current_trio_token()
        trio.lowlevel.spawn_system_task(self._listen)

    async def _listen(self) -> None:
        while True:
            await trio.lowlevel.wait_readable(self.bells.fileno())
            self.on_ring()

    def is_here(self) -> bool:
        return trio.lowlevel.in_trio_run() and trio.lowlevel.current_trio_token() is self._token

    def call_soon(self, call: Callable[[], None]) -> None:
        with contextlib.suppress(trio.RunFinishedError):
            self._token.run_sync_soon(call)


_hubs: trio.lowlevel.RunVar[Hub | None] = trio.lowlevel.RunVar("plait", None)


async def wait_in_trio(queue: Any, wish: str, attempt: Callable[[Any], _T]) -> _T:
    """As wait(). An attempt that succeeds is a checkpoint, too, and one that is cancelled is not made."""
    await trio.lowlevel.checkpoint_if_cancelled()
    result = attempt(not_yet)
    if result is not_yet:
        hub = _hubs.get()
        if hub is None:
            hub = _RunHub()
            _hubs.set(hub)
        return await wait_at(hub, _Waiter, queue, wish, attempt)
    await trio.lowlevel.cancel_shielded_checkpoint()
    return result


async def result_in_trio(future: Future[_T]) -> _T:
    waiter, token = _Waiter(), trio.lowlevel.current_trio_token()

    def wake() -> None:
        if not waiter.done():
            waiter.set_result(None)

    def tell(_: Future[_T]) -> None:
        with contextlib.suppress(trio.RunFinishedError):
            token.run_sync_soon(wake)

    future.add_done_callback(tell)
    await waiter
    return future.result()
