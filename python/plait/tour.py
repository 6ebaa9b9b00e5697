# SPDX-License-Identifier: MIT
"""python -m plait tour: what goes wrong with the standard library, live, and what plait does about it.

Every chapter runs a problem first, then the same with plait, and says what came of it and how long it took on this
machine; then it shows a whole program, and runs it. Threads take turns more often here than is usual, so that a second
is enough to see what otherwise takes a day to go wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import contextlib
import importlib.resources
import io
import queue
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from . import AtomicInt, Counter, Guarded, StatsDict, cached, lock_all
from .queue import Queue

THREADS = 4


class Chapter(NamedTuple):
    title: str
    problem: str
    standard: Callable[[], str]
    answer: str
    plait: Callable[[], str]
    lesson: str  # the name of a program


def in_threads(work: Callable[[], object], count: int = THREADS) -> None:
    """Runs it in that many threads, which begin together."""
    together = threading.Barrier(count)

    def begin() -> None:
        together.wait()
        work()

    threads = [threading.Thread(target=begin) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def outcome(counted: int, of: int) -> str:
    return f"{of:,} added, {counted:,} counted: {of - counted:,} lost"


# ---- race

EACH = 50_000


def plus_one(number: int) -> int:
    return number + 1


class Number:
    def __init__(self) -> None:
        self.value = 0


def race() -> str:
    number = Number()

    def work() -> None:
        for _ in range(EACH):
            seen = number.value
            number.value = plus_one(seen)  # another thread may have its turn before this is stored

    in_threads(work)
    return outcome(number.value, THREADS * EACH)


def no_race() -> str:
    number = AtomicInt()

    def work() -> None:
        for _ in range(EACH):
            number.add()

    in_threads(work)
    return outcome(number.get(), THREADS * EACH)


# ---- counter


class Word(str):
    """A word that is compared without regard to case, by Python code."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Word) and self.casefold() == other.casefold()

    def __hash__(self) -> int:
        return hash(self.casefold())


WORDS = [Word(text) for text in "The cat and the dog and THE bird".split()] * 1000


def lossy_counter() -> str:
    counter: collections.Counter[Word] = collections.Counter()

    def work() -> None:
        for word in WORDS:
            counter[word] += 1

    in_threads(work)
    return outcome(counter.total(), THREADS * len(WORDS))


def exact_counter() -> str:
    counter: Counter[Word] = Counter()

    def work() -> None:
        for word in WORDS:
            counter.inc(word)

    in_threads(work)
    return outcome(counter.total(), THREADS * len(WORDS))


# ---- cache

PAGES, READERS = 5, 40


def ask_from_all(ask: Callable[[int], int], loads: AtomicInt) -> str:
    def work() -> None:
        for page in range(PAGES):
            ask(page)

    in_threads(work, READERS)
    return f"{READERS} threads asked for {PAGES} pages, which were rendered {loads.get()} times"


def stampede() -> str:
    loads, pages = AtomicInt(), dict[int, int]()

    def ask(page: int) -> int:
        if page not in pages:
            loads.add()
            time.sleep(0.05)  # rendering
            pages[page] = page
        return pages[page]

    return ask_from_all(ask, loads)


def single_flight() -> str:
    loads = AtomicInt()

    @cached(ttl=60)
    def ask(page: int) -> int:
        loads.add()
        time.sleep(0.05)
        return page

    return ask_from_all(ask, loads)


# ---- queue

ITEMS = 20_000


def standard_queue() -> str:
    items: queue.Queue[int | None] = queue.Queue(100)
    total = AtomicInt()

    def consume() -> None:
        while (item := items.get()) is not None:
            total.add(item)

    threads = [threading.Thread(target=consume) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(ITEMS):
        items.put(number)
    for _ in threads:
        items.put(None)  # one for each consumer: who knows how many there are?
    for thread in threads:
        thread.join()
    return f"{ITEMS:,} items went through, with {len(threads)} more to end the consumers; sum {total.get():,}"


def plait_queue() -> str:
    items: Queue[int] = Queue(100)
    total = AtomicInt()

    def consume() -> None:
        for item in items:
            total.add(item)

    threads = [threading.Thread(target=consume) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(ITEMS):
        items.put(number)
    items.shutdown()
    for thread in threads:
        thread.join()
    return f"{ITEMS:,} items went through; shutdown() ended the consumers; sum {total.get():,}"


# ---- tasks

WAITING = 50


def threads_for_tasks() -> str:
    items: queue.Queue[int] = queue.Queue()
    most = 0

    async def main() -> int:
        nonlocal most
        waits = [asyncio.to_thread(items.get) for _ in range(WAITING)]
        waiting = asyncio.gather(*waits)
        await asyncio.sleep(0.05)
        most = threading.active_count()
        for number in range(WAITING):
            items.put(number)
        return sum(await waiting)

    total = asyncio.run(main())
    return f"{WAITING} tasks waited with {most} threads; they got {total}"


def no_threads_for_tasks() -> str:
    items: Queue[int] = Queue()
    most = 0

    async def main() -> int:
        nonlocal most
        waiting = asyncio.gather(*[items.aget() for _ in range(WAITING)])
        await asyncio.sleep(0.05)
        most = threading.active_count()
        for number in range(WAITING):
            items.put(number)
        return sum(await waiting)

    total = asyncio.run(main())
    return f"{WAITING} tasks waited with {most} thread; they got {total}"


# ---- locks


def deadlock() -> str:
    """Each of two threads holds one lock and wants the other; here they give up."""
    locks = threading.Lock(), threading.Lock()
    both_hold_one, stuck = threading.Barrier(2), AtomicInt()

    def transfer(first: threading.Lock, second: threading.Lock) -> None:
        with first:
            both_hold_one.wait()
            if not second.acquire(timeout=0.5):  # without a timeout: for ever
                stuck.add()
                both_hold_one.wait()
                return
            second.release()

    threads = [threading.Thread(target=transfer, args=order) for order in (locks, locks[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return f"{stuck.get()} of 2 threads waited for each other; with a plain acquire() they would wait for ever"


def no_deadlock() -> str:
    left, right, times = Guarded([1000]), Guarded([1000]), 1000

    def transfer(source: Guarded[list[int]], target: Guarded[list[int]]) -> None:
        for _ in range(times):
            with lock_all(source, target), source as one, target as other:
                one[0] -= 1
                other[0] += 1

    threads = [threading.Thread(target=transfer, args=pair) for pair in ((left, right), (right, left))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sums = left.apply(lambda value: value[0]) + right.apply(lambda value: value[0])
    return f"{2 * times:,} transfers, in both directions at once, are done; {sums:,} are left of 2,000"


# ---- statistics


def counting_by_hand() -> str:
    prices: dict[int, int] = {}
    hits: collections.Counter[int] = collections.Counter()
    lock = threading.Lock()

    def work() -> None:
        for number in range(10_000):
            with lock:  # otherwise hits would get lost
                hits[number % 10] += 1
                prices.setdefault(number % 10, number)

    in_threads(work)
    return f"{hits.total():,} reads, counted in a second dictionary under a lock"


def counting_by_itself() -> str:
    prices: StatsDict[int, int] = StatsDict()
    for number in range(10):
        prices[number] = number

    def work() -> None:
        for number in range(10_000):
            prices.get(number % 10)

    in_threads(work)
    (most, reads), *_ = prices.most_read(1)
    return f"{THREADS * 10_000:,} reads; the dictionary itself knows that {most} was read {reads:,} times"


CHAPTERS = {
    "race": Chapter(
        "Two threads add to one number",
        "Reading a number, adding one, and storing it are three steps. What another thread stores in between is lost.",
        race,
        "AtomicInt.add() is one step.",
        no_race,
        "race",
    ),
    "counter": Chapter(
        "Counting words",
        "counter[word] += 1 is a get and a set. Here comparing two words runs Python code, as any class of one's own "
        "does, and there another thread may have its turn.",
        lossy_counter,
        "Counter.inc() is atomic, whatever the keys are. Everything else is as in collections.Counter.",
        exact_counter,
        "word_counter",
    ),
    "queue": Chapter(
        "Producers and consumers",
        "Each consumer has to be told that nothing comes any more.",
        standard_queue,
        "The same class, after `from plait.queue import Queue`: an iteration ends when the queue is shut down.",
        plait_queue,
        "task_queue",
    ),
    "tasks": Chapter(
        "Tasks that wait for threads",
        "A task that waits for a queue of threads keeps a thread busy with it, and the pool has few.",
        threads_for_tasks,
        "await queue.aget() takes no thread, and works in asyncio, uvloop, trio and anyio.",
        no_threads_for_tasks,
        "tasks",
    ),
    "cache": Chapter(
        "A stampede",
        "Many ask for what is not there yet, and all of them begin to make it.",
        stampede,
        "With @cached one makes it, and the others wait for that one.",
        single_flight,
        "cache",
    ),
    "locks": Chapter(
        "Two locks, in two orders",
        "A transfer needs both accounts. Two transfers in opposite directions hold one each, and want the other.",
        deadlock,
        "lock_all() takes locks in any order without ever waiting while it holds one.",
        no_deadlock,
        "deadlock",
    ),
    "statistics": Chapter(
        "Which entries are used?",
        "To count how often each entry is read takes a second dictionary, and a lock around both.",
        counting_by_hand,
        "A StatsDict counts for itself, and takes no lock to read.",
        counting_by_itself,
        "dict",
    ),
}


@contextlib.contextmanager
def frequent_turns() -> Iterator[None]:
    """With the GIL, threads otherwise take turns every 5 ms, and seldom in the middle of something."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def show(text: str, indent: str = "  ") -> None:
    print(textwrap.fill(text, 100, initial_indent=indent, subsequent_indent=indent), flush=True)


def show_run(who: str, run: Callable[[], str]) -> None:
    with frequent_turns():
        begun = time.perf_counter()
        came = run()
        took = time.perf_counter() - begun
    print(f"    {who:6} {took * 1000:7.0f} ms   {came}", flush=True)


def show_program(name: str) -> None:
    source = (importlib.resources.files("plait") / "lessons" / f"{name}.py.txt").read_text(encoding="utf-8")
    code = source.partition('"""\n')[2]  # without the line that says what it is
    print(textwrap.indent(code.strip("\n"), "    | ", lambda _: True))
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(source, f"{name}.py", "exec"), {"__name__": "__main__"})
    show("It prints:")
    print(textwrap.indent(out.getvalue(), "    > "), flush=True)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m plait tour",
        description=__doc__,
        epilog="Chapters: " + ", ".join(CHAPTERS),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("chapter", nargs="*", help="only these; otherwise all")
    chosen = parser.parse_args(arguments).chapter or list(CHAPTERS)
    for name in chosen:
        if name not in CHAPTERS:
            parser.error(f"there is no chapter {name!r}; there are {', '.join(CHAPTERS)}")
    for number, name in enumerate(chosen, 1):
        chapter = CHAPTERS[name]
        print(f"\n{number} of {len(chosen)}: {chapter.title}  (tour {name})\n")
        show(chapter.problem)
        show_run("Python", chapter.standard)
        show(chapter.answer)
        show_run("plait", chapter.plait)
        show("A whole program:")
        show_program(chapter.lesson)
    return 0
