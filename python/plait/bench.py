# SPDX-License-Identifier: MIT
"""python -m plait bench: what an operation costs, beside the standard library and the packages that are installed.

The contenders of a row take turns, and the median of the rounds counts: compare inside one row only. Rows with one
thread show processor time, all others the time that passed.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import contextlib
import functools
import importlib
import queue as std
import statistics
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from . import Counter, ExpiringCache, KeyedCounter, StatsDict
from . import queue as ours

Run = Callable[[int], None]  # performs that many operations


class Row(NamedTuple):
    name: str
    runs: dict[str, Run]  # plait's first
    operations: int
    clock: Callable[[], float] = time.thread_time  # for rows with more than one thread: time.perf_counter


def optional(module: str) -> Any:
    """The module, or None if it is not installed."""
    with contextlib.suppress(ImportError):
        return importlib.import_module(module)
    return None


def pair(make: Callable[[], Any]) -> Run:
    def run(count: int) -> None:
        items = make()
        put, get = items.put, items.get
        for _ in range(count):
            put(None)
            get()

    return run


def batches(make: Callable[[], Any]) -> Run:
    def run(count: int) -> None:
        items, batch = make(), [None] * 64
        for _ in range(count // 64):
            items.put_many(batch)
            items.get_many(64)

    return run


def threads(make: Callable[[], Any], producers: int, consumers: int) -> Run:
    def run(count: int) -> None:
        items, each = make(), count // producers

        def produce() -> None:
            for _ in range(each):
                items.put(1)

        def consume() -> None:
            while items.get() is not None:
                pass

        reading = [threading.Thread(target=consume) for _ in range(consumers)]
        writing = [threading.Thread(target=produce) for _ in range(producers)]
        for thread in reading + writing:
            thread.start()
        for thread in writing:
            thread.join()
        for _ in reading:
            items.put(None)
        for thread in reading:
            thread.join()

    return run


def ping_pong(make: Callable[[], Any]) -> Run:
    def run(count: int) -> None:
        there, back = make(), make()

        def answer() -> None:
            for _ in range(count):
                back.put(there.get())

        thread = threading.Thread(target=answer)
        thread.start()
        for _ in range(count):
            there.put(1)
            back.get()
        thread.join()

    return run


def heap_pair(make: Callable[[], Any]) -> Run:
    def run(count: int) -> None:
        items = make()
        for number in range(1000):
            items.put((number * 7919) % 1000)
        for number in range(count):
            items.put((number * 7919) % 1000)
            items.get()

    return run


KEYS = [f"key {number}" for number in range(1000)]


def counting(inc: Callable[..., Any]) -> Run:
    def run(count: int) -> None:
        for _ in range(count // 1000):
            for key in KEYS:
                inc(key)

    return run


def locked_counting() -> Run:
    counts: collections.Counter[str] = collections.Counter()
    lock = threading.Lock()

    def run(count: int) -> None:
        for _ in range(count // 1000):
            for key in KEYS:
                with lock:
                    counts[key] += 1

    return run


def looking_up(table: Any) -> Run:
    for key in KEYS:
        table[key] = key

    def run(count: int) -> None:
        for _ in range(count // 1000):
            for key in KEYS:
                table[key]

    return run


def thread_to_task(make: Callable[[], Any], put: Callable[[Any], Any], get: Callable[[Any], Any]) -> Run:
    def run(count: int) -> None:
        async def main() -> None:
            items = make()

            def produce() -> None:
                for _ in range(count):
                    put(items)

            thread = threading.Thread(target=produce)
            thread.start()
            for _ in range(count):
                await get(items)
            thread.join()
            if hasattr(items, "aclose"):
                await items.aclose()

        asyncio.run(main())

    return run


def task_to_task(make: Callable[[], Any]) -> Run:
    def run(count: int) -> None:
        async def main() -> None:
            items = make()

            async def produce() -> None:
                for _ in range(count):
                    await items.put(1)

            producer = asyncio.create_task(produce())
            for _ in range(count):
                await items.get()
            await producer

        asyncio.run(main())

    return run


class ByCallSoon:
    """What one does without a package: a call into the loop for each item."""

    def __init__(self) -> None:
        self.loop, self.items = asyncio.get_running_loop(), asyncio.Queue[int]()

    def put(self, item: int) -> None:
        self.loop.call_soon_threadsafe(self.items.put_nowait, item)


def rows() -> list[Row]:
    janus, culsans, cachetools = optional("janus"), optional("culsans"), optional("cachetools")

    def to_task(bound: int) -> dict[str, Run]:
        runs = {
            "plait": thread_to_task(lambda: ours.Queue(bound), lambda q: q.put(1), lambda q: q.aget()),
        }
        if bound == 0:
            runs["call_soon_threadsafe"] = thread_to_task(
                ByCallSoon, lambda q: q.put(1), lambda q: q.items.get()
            )
        for name, package in ("janus", janus), ("culsans", culsans):
            if package is not None:
                make = functools.partial(package.Queue, bound)
                runs[name] = thread_to_task(make, lambda q: q.sync_q.put(1), lambda q: q.async_q.get())
        return runs

    lookups: dict[str, Run] = {"plait": looking_up(ExpiringCache(10_000, ttl=600))}
    if cachetools is not None:
        lookups["cachetools.TTLCache"] = looking_up(cachetools.TTLCache(10_000, ttl=600))
    simple = {"queue.SimpleQueue": pair(std.SimpleQueue)}
    bounded: tuple[Callable[[], Any], Callable[[], Any]] = (lambda: ours.Queue(1024), lambda: std.Queue(1024))
    result = [
        Row(
            "Queue(1024): put and get",
            {"plait": pair(bounded[0]), "queue.Queue": pair(bounded[1])} | simple,
            30_000,
        ),
        Row(
            "Queue(): put and get", {"plait": pair(ours.Queue), "queue.Queue": pair(std.Queue)} | simple, 30_000
        ),
        Row("the same by 64, an item", {"plait": batches(bounded[0])}, 64_000),
        Row("LifoQueue(): put and get", {"plait": pair(ours.LifoQueue), "queue": pair(std.LifoQueue)}, 30_000),
        Row(
            "PriorityQueue of 1000",
            {"plait": heap_pair(ours.PriorityQueue), "queue": heap_pair(std.PriorityQueue)},
            10_000,
        ),
    ]
    for producers, consumers in (1, 1), (2, 2):
        result.append(
            Row(
                f"{producers} thread(s) to {consumers}, an item",
                {
                    "plait": threads(bounded[0], producers, consumers),
                    "queue.Queue": threads(bounded[1], producers, consumers),
                    "queue.SimpleQueue": threads(std.SimpleQueue, producers, consumers),
                },
                20_000,
                time.perf_counter,
            )
        )
    result += [
        Row(
            "there and back between threads",
            {"plait": ping_pong(bounded[0]), "queue.Queue": ping_pong(bounded[1])},
            1_000,
            time.perf_counter,
        ),
        Row("thread to task, an item", to_task(0), 20_000, time.perf_counter),
        Row("the same, room for 1024", to_task(1024), 20_000, time.perf_counter),
        Row(
            "task to task, an item",
            {
                "plait": task_to_task(lambda: ours.Queue(64).async_q),
                "asyncio.Queue": task_to_task(lambda: asyncio.Queue(64)),
            },
            10_000,
        ),
        Row(
            "counting a key",
            {
                "plait.KeyedCounter": counting(KeyedCounter().inc),
                "plait.Counter": counting(Counter().inc),
                "with lock: c[k] += 1": locked_counting(),
            },
            30_000,
        ),
        Row("cache: a hit", lookups, 30_000),
        Row("StatsDict: a hit", {"plait": looking_up(StatsDict()), "dict": looking_up({})}, 30_000),
    ]
    return result


def measure(row: Row, rounds: int) -> dict[str, float]:
    """Nanoseconds an operation, for each contender."""
    seen: dict[str, list[float]] = {name: [] for name in row.runs}
    for _ in range(rounds):
        for name, run in row.runs.items():
            begun = row.clock()
            run(row.operations)
            seen[name].append((row.clock() - begun) / row.operations * 1e9)
    return {name: statistics.median(times) for name, times in seen.items()}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m plait bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="how often each is measured (7)")
    parser.add_argument("--filter", default="", help="only rows whose name has this in it")
    options = parser.parse_args(arguments)
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    print(
        f"Python {sys.version.split()[0]}, {'with' if gil else 'without'} the GIL; nanoseconds, median of {options.rounds}"
    )
    for row in rows():
        if options.filter not in row.name:
            continue
        first, *others = measure(row, options.rounds).items()
        line = f"{row.name:32} {first[0]} {first[1]:.0f}"
        for name, cost in others:
            line += f"   {name} {cost:.0f} ({cost / first[1]:.2g} times)"
        print(line, flush=True)
    return 0
