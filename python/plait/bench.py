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
import resource
import statistics
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from . import AtomicInt, Counter, ExpiringCache, KeyedCounter, StatsDict, StripedCounter
from . import queue as ours

Run = Callable[[int], None]  # performs that many operations


class Row(NamedTuple):
    structure: str
    workload: str
    shape: str
    runs: dict[str, Run]  # plait's first
    operations: int
    has_threads: bool = False

    @property
    def name(self) -> str:
        return f"{self.structure}: {self.workload}, {self.shape}"


WORKLOADS = {
    "put and get": "one thread puts an item and gets one, again and again",
    "batches": "the same with `put_many` and `get_many`; the figure is for one item",
    "threads to threads": "some threads put, others get; the figure is for one item",
    "there and back": "two threads send one item to and fro through two queues",
    "thread to task": "a thread puts, a task of asyncio gets; the figure is for one item",
    "task to task": "two tasks of one loop; the figure is for one item",
    "count": "one thread adds 1 to one of a thousand keys",
    "add": "one thread adds 1",
    "hit": "one thread asks for one of a thousand keys, all of which are there",
}


class Cost(NamedTuple):
    """Of one operation, in one round."""

    real: float  # nanoseconds
    cpu: float  # of the thread, or of all threads if there are others; nanoseconds
    sleeps: float  # voluntary context switches


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


def adding(add: Callable[[], object]) -> Run:
    def run(count: int) -> None:
        for _ in range(count):
            add()

    return run


def locked_adding() -> Run:
    lock = threading.Lock()

    def run(count: int) -> None:
        number = 0
        for _ in range(count):
            with lock:
                number += 1

    return run


def looking_up(table: Any) -> Run:
    for key in KEYS:
        table[key] = key

    def run(count: int) -> None:
        for _ in range(count // 1000):
            for key in KEYS:
                table[key]

    return run


def thread_to_task(make: Callable[[], Any], ends: Callable[[Any], tuple[Any, Any]]) -> Run:
    """ends(items) are what the thread calls to put, and the task to get."""

    def run(count: int) -> None:
        async def main() -> None:
            items = make()
            put, get = ends(items)

            def produce() -> None:
                for _ in range(count):
                    put(1)

            thread = threading.Thread(target=produce)
            thread.start()
            for _ in range(count):
                await get()
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
    """All that can be measured here: a package that is not installed is left out."""
    return [*queues(), *task_queues(), *tables()]


def queues() -> list[Row]:
    simple = {"queue.SimpleQueue": pair(std.SimpleQueue)}
    bounded: tuple[Callable[[], Any], Callable[[], Any]] = (lambda: ours.Queue(1024), lambda: std.Queue(1024))
    culsans = optional("culsans")
    other = {"culsans": pair(lambda: culsans.Queue(1024).sync_q)} if culsans is not None else {}

    def between(producers: int, consumers: int) -> Row:
        runs = {
            "plait": threads(bounded[0], producers, consumers),
            "queue.Queue": threads(bounded[1], producers, consumers),
            "queue.SimpleQueue": threads(std.SimpleQueue, producers, consumers),
        }
        return Row("Queue", "threads to threads", f"{producers}P{consumers}C", runs, 20_000, True)

    pairs = {"plait": pair(bounded[0]), "queue.Queue": pair(bounded[1])} | simple | other
    endless = {"plait": pair(ours.Queue), "queue.Queue": pair(std.Queue)} | simple
    return [
        Row("Queue", "put and get", "room for 1024", pairs, 30_000),
        Row("Queue", "put and get", "endless", endless, 30_000),
        Row("Queue", "batches", "64 at once", {"plait": batches(bounded[0])}, 64_000),
        Row(
            "LifoQueue",
            "put and get",
            "endless",
            {"plait": pair(ours.LifoQueue), "queue.LifoQueue": pair(std.LifoQueue)},
            30_000,
        ),
        Row(
            "PriorityQueue",
            "put and get",
            "1000 items",
            {"plait": heap_pair(ours.PriorityQueue), "queue.PriorityQueue": heap_pair(std.PriorityQueue)},
            10_000,
        ),
        between(1, 1),
        between(2, 2),
        Row(
            "Queue",
            "there and back",
            "2T",
            {"plait": ping_pong(bounded[0]), "queue.Queue": ping_pong(bounded[1])},
            1_000,
            True,
        ),
    ]


def task_queues() -> list[Row]:
    janus, culsans = optional("janus"), optional("culsans")

    def from_thread(shape: str, bound: int) -> Row:
        make: Callable[[], Any] = functools.partial(ours.Queue, bound)
        runs = {"plait": thread_to_task(make, lambda q: (q.put, q.aget))}
        if bound == 0:
            runs["call_soon_threadsafe"] = thread_to_task(ByCallSoon, lambda q: (q.put, q.items.get))
        for name, package in ("janus", janus), ("culsans", culsans):
            if package is not None:
                make = functools.partial(package.Queue, bound)
                runs[name] = thread_to_task(make, lambda q: (q.sync_q.put, q.async_q.get))
        return Row("Queue", "thread to task", shape, runs, 20_000, True)

    between_tasks = {
        "plait": task_to_task(lambda: ours.Queue(64).async_q),
        "asyncio.Queue": task_to_task(lambda: asyncio.Queue(64)),
    }
    if culsans is not None:
        between_tasks["culsans"] = task_to_task(lambda: culsans.Queue(64).async_q)
    return [
        from_thread("endless", 0),
        from_thread("room for 1024", 1024),
        Row("Queue", "task to task", "room for 64", between_tasks, 10_000),
    ]


def tables() -> list[Row]:
    cachetools, cachebox, cereggii = optional("cachetools"), optional("cachebox"), optional("cereggii")
    counters = {
        "plait": counting(KeyedCounter().inc),
        "plait.Counter": counting(Counter().inc),
        "Counter under a lock": locked_counting(),
    }
    numbers = {
        "plait": adding(AtomicInt().add),
        "plait.StripedCounter": adding(StripedCounter().add),
        "int under a lock": locked_adding(),
    }
    if cereggii is not None:
        numbers["cereggii"] = adding(cereggii.AtomicInt64(0).increment_and_get)
    lookups: dict[str, Run] = {"plait": looking_up(ExpiringCache(10_000, ttl=600))}
    if cachetools is not None:
        lookups["cachetools.TTLCache"] = looking_up(cachetools.TTLCache(10_000, ttl=600))
    if cachebox is not None:
        lookups["cachebox.TTLCache"] = looking_up(cachebox.TTLCache(10_000, 600))
    return [
        Row("KeyedCounter", "count", "1T", counters, 30_000),
        Row("AtomicInt", "add", "1T", numbers, 30_000),
        Row("ExpiringCache", "hit", "1T", lookups, 30_000),
        Row("StatsDict", "hit", "1T", {"plait": looking_up(StatsDict()), "dict": looking_up({})}, 30_000),
    ]


PEERS = ("janus", "culsans", "cachetools", "cachebox", "cereggii")


def measure(row: Row, rounds: int) -> dict[str, list[Cost]]:
    """What each contender's operation cost in each round."""
    seen: dict[str, list[Cost]] = {name: [] for name in row.runs}
    clock = time.process_time if row.has_threads else time.thread_time
    for _ in range(rounds):
        for name, run in row.runs.items():
            switches = resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw
            real, cpu = time.perf_counter(), clock()
            run(row.operations)
            real, cpu = time.perf_counter() - real, clock() - cpu
            switches = resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw - switches
            nanoseconds = 1e9 / row.operations
            seen[name].append(Cost(real * nanoseconds, cpu * nanoseconds, switches / row.operations))
    return seen


def judged(row: Row, cost: Cost) -> float:
    return cost.real if row.has_threads else cost.cpu


def medians(row: Row, seen: dict[str, list[Cost]]) -> list[tuple[str, float]]:
    """Of each contender, plait first."""
    return [(name, statistics.median(judged(row, cost) for cost in costs)) for name, costs in seen.items()]


def line_of(row: Row, seen: dict[str, list[Cost]]) -> str:
    (ours, own), *others = medians(row, seen)
    line = f"{row.name:42} {ours} {own:.0f}"
    for name, cost in others:
        line += f"   {name} {cost:.0f} ({cost / own:.2g} times)"
    return line


HEAD_OF_TABLE = "| | plait | others, and how many times as much |\n|---|---|---|"


def table_line_of(row: Row, seen: dict[str, list[Cost]]) -> str:
    (_, own), *others = medians(row, seen)
    shown = ", ".join(f"`{name}` {cost:.0f} ({cost / own:.2g})" for name, cost in others)
    return f"| {row.name} | {own:.0f} | {shown} |"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m plait bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="how often each is measured (7)")
    parser.add_argument("--filter", default="", help="only rows whose name has this in it")
    parser.add_argument("--html", metavar="FILE", help="write a page with plots and all figures")
    parser.add_argument("--markdown", action="store_true", help="print a table, as that of docs/python.md")
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error(f"--rounds is {options.rounds}; measure at least once")
    chosen = [row for row in rows() if options.filter in row.name]
    if not chosen:
        parser.error(f"no row has {options.filter!r} in its name; without --filter all are shown")
    if options.html:
        try:
            Path(options.html).touch()
        except OSError as error:  # said before minutes are spent
            parser.error(f"--html {options.html}: {error.strerror}")
    python = f"{sys.version.split()[0]}, {'with' if has_gil() else 'without'} the GIL"
    print(f"Python {python}; nanoseconds, median of {options.rounds}")
    show = table_line_of if options.markdown else line_of
    if options.markdown:
        print(f"\n{HEAD_OF_TABLE}")
    results = []
    for row in chosen:
        seen = measure(row, options.rounds)
        results.append((row, seen))
        print(show(row, seen), flush=True)
    missing = [name for name in PEERS if optional(name) is None]
    if missing:
        print(f"not installed: {', '.join(missing)}", file=sys.stderr)
    if options.html:
        from ._bench_page import page

        Path(options.html).write_text(page(results, python, missing), encoding="utf-8")
    return 0


def has_gil() -> bool:
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())
