# SPDX-License-Identifier: MIT
"""Every kind of object, used by several threads at once in every way: for ThreadSanitizer, and without the GIL.

    python hammer.py [SECONDS [without-stops]]     for each kind

`without-stops` leaves out what stops all other threads, which ThreadSanitizer does not see: garbage collections and
snapshot(), which reads as they do.
"""

import gc
import itertools
import sys
import threading
import time

from plait import (
    AtomicInt,
    CheckedLock,
    CheckedRLock,
    Counter,
    ExpiringCache,
    Guarded,
    KeyedCounter,
    Local,
    RWLock,
    StatsDict,
    StripedCounter,
)
from plait.queue import Empty, Full, LifoQueue, PriorityQueue, Queue, SimpleQueue

STOPS = "without-stops" not in sys.argv
KEYS = ["a", "b", b"c", 7, 10**30, ("d", 1)]


def hammer(name, seconds, *uses):
    """Each of them in a thread of its own, again and again: use(n) the n-th time."""
    end, errors, done = time.monotonic() + seconds, [], []

    def work(use):
        try:
            for number in itertools.count():
                use(number)
                if time.monotonic() > end:
                    done.append(number)
                    return
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(use,)) for use in uses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    print(f"{name}: {sum(done)} calls", flush=True)


def queues(seconds):
    for make in (lambda: Queue(8), Queue, lambda: LifoQueue(8), LifoQueue, lambda: PriorityQueue(8), SimpleQueue):
        items = make()

        def put(number, items=items):
            if number % 3 == 0:
                try:
                    items.put_many([number, number + 1], timeout=0.001)
                except Full:
                    pass
            else:
                try:
                    items.put(number, timeout=0.001)
                except Full:
                    pass

        def get(number, items=items):
            try:
                items.get_many(3, timeout=0.001) if number % 3 == 0 else items.get(timeout=0.001)
                if not isinstance(items, SimpleQueue):
                    items.task_done()
            except Empty:
                pass

        def look(number, items=items):
            items.qsize(), items.empty(), items.is_shutdown
            if number % 50 == 0 and STOPS:
                items.snapshot()
                gc.collect()
            if number % 100 == 0:
                items.clear() if not isinstance(items, SimpleQueue) else items.drain()

        hammer(type(items).__name__, seconds, put, put, get, get, look)


def queues_that_change(seconds):
    """One queue after the other becomes an ordinary one while others use it."""
    made = [Queue(8) for _ in range(3000)]
    now = AtomicInt()

    def put(number):
        try:
            made[now.get()].put(number, timeout=0.001)
        except Full:
            pass

    def get(number):
        try:
            made[now.get()].get(timeout=0.001)
        except Empty:
            pass

    def change(number):
        items = made[now.get()]
        items.mutex, items.qsize(), items.unfinished_tasks
        now.set(min(number, len(made) - 1))

    hammer("Queue, made ordinary", seconds, put, put, get, get, change)


def tables(seconds):
    counts, counter, stats, cache = KeyedCounter(), Counter(), StatsDict(), ExpiringCache(4, ttl=0.01)
    number_of, striped = AtomicInt(), StripedCounter()

    def count(number):
        key = KEYS[number % len(KEYS)]
        counts.inc(key), counter.inc(key), number_of.add(), striped.add()

    def read(number):
        key = KEYS[number % len(KEYS)]
        counts[key], counter[key], number_of.get(), striped.get()
        if number % 20 == 0:
            counts.most_common(), counts.snapshot(), counts.total(), counts.discard(key)

    hammer("counters", seconds, count, count, read, read)

    def put(number):
        key = KEYS[number % len(KEYS)]
        stats[key] = cache[key] = number
        if number % 10 == 0:
            cache.put(key, number, ttl=5), stats.setdefault(key, number)

    def get(number):
        key = KEYS[number % len(KEYS)]
        stats.get(key), cache.get(key), cache.get_or_load(key, lambda: 1), key in stats, key in cache
        if number % 20 == 0:
            stats.stats(), stats.most_read(2), cache.statistics(), len(cache), cache.discard(key)
        if number % 100 == 0:
            cache.clear()

    hammer("StatsDict and ExpiringCache", seconds, put, put, get, get)


def locks(seconds):
    shared, checked, again, guarded, local = RWLock(), CheckedLock("a"), CheckedRLock("b"), Guarded([0]), Local(list)
    numbers = [0, 0, 0]

    def use(number):
        with shared.write():
            numbers[0] += 1
        with checked:
            numbers[1] += 1
            with again, again:
                numbers[2] += 1
        with shared.read():
            assert numbers[0] > 0
        guarded.apply(lambda value: value.append(1) if len(value) < 9 else value.clear())
        local.get().append(number)
        local.get().clear()

    hammer("locks", seconds, use, use, use)
    assert numbers[0] == numbers[1] == numbers[2]


def main(seconds):
    if not STOPS:
        gc.disable()
    queues(seconds)
    queues_that_change(seconds)
    tables(seconds)
    locks(seconds)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1)
