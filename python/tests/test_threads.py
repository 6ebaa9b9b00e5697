# SPDX-License-Identifier: MIT
"""Every type, used by four threads that do everything with it at once: nothing crashes, hangs or is lost."""

import random
import threading
import unittest

from support import Call, TestCase

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
    cached,
)
from plait.queue import Empty, Full, LifoQueue, PriorityQueue, Queue, SimpleQueue

THREADS, EACH = 4, 400


class Key:
    """One that is not plain: comparing two of them runs Python code."""

    def __init__(self, number):
        self.number = number

    def __hash__(self):
        return hash(self.number)

    def __eq__(self, other):
        return isinstance(other, Key) and self.number == other.number

    def __lt__(self, other):
        return self.number < other.number


def everywhere(function):
    """Calls function(random numbers) in every thread, from the same moment on, and returns what they return."""
    together = threading.Barrier(THREADS)

    def run(number):
        together.wait(20)
        return function(random.Random(number))

    return [call.result() for call in [Call(run, number) for number in range(THREADS)]]


class Queues(TestCase):
    def test_what_is_put_is_taken_once_whatever_else_is_done(self):
        for make in (
            lambda: Queue(8),
            Queue,
            lambda: LifoQueue(8),
            LifoQueue,
            lambda: PriorityQueue(8),
            lambda: PriorityQueue(stable=True),
            SimpleQueue,
        ):
            items = make()
            items_put, items_taken = AtomicInt(), AtomicInt()

            def work(numbers, items=items, put=items_put, taken=items_taken):
                for _ in range(EACH):
                    try:
                        match numbers.randrange(9):
                            case 0 | 1:
                                items.put(Key(numbers.random()), timeout=0.001)
                                put.add()
                            case 2:
                                items.put_nowait(Key(numbers.random()))
                                put.add()
                            case 3:
                                try:
                                    items.put_many([Key(1), Key(2), Key(3)], timeout=0.001)
                                    put.add(3)
                                except Full as full:
                                    put.add(full.args[0])
                            case 4 | 5:
                                self.assertIsInstance(items.get(timeout=0.001), Key)
                                taken.add()
                            case 6:
                                taken.add(len(items.get_many(3, timeout=0.001)))
                            case 7:
                                taken.add(len(items.drain()))
                            case 8:
                                items.qsize(), items.empty()
                    except (Empty, Full):
                        pass

            everywhere(work)
            self.assertEqual(items_put.get(), items_taken.get() + items.qsize())


class Counts(TestCase):
    def test_no_count_is_lost(self):
        atomic, striped, keyed, counter = AtomicInt(), StripedCounter(), KeyedCounter(), Counter()

        def work(numbers):
            nonlocal atomic
            for _ in range(EACH):
                key = numbers.choice(["a", 1, b"x", Key(1), Key(2)])
                atomic += 1
                striped.add()
                keyed.inc(key)
                counter.inc(key)
                if numbers.random() < 0.05:
                    keyed.most_common(2), keyed.snapshot(), keyed.total(), len(keyed), counter.most_common(1)

        everywhere(work)
        total = THREADS * EACH
        self.assertEqual((atomic.get(), striped.get(), keyed.total(), counter.total()), (total,) * 4)


class Dictionaries(TestCase):
    def test_a_cache_has_what_was_put(self):
        entered, left = AtomicInt(), AtomicInt()
        cache = ExpiringCache(50, on_evict=lambda key, value, reason: left.add())

        def work(numbers):
            for _ in range(EACH):
                number = numbers.randrange(100)
                key = numbers.choice([number, str(number), Key(number)])
                match numbers.randrange(5):
                    case 0 | 1:
                        entered.add(cache.put(key, number))
                    case 2 | 3:
                        self.assertIn(cache.get(key), (None, number))
                    case 4:
                        cache.discard(key)

        everywhere(work)
        self.assertLessEqual(len(cache), 50)
        cache.clear()
        self.assertEqual((len(cache), left.get()), (0, entered.get()))

    def test_one_load_for_all(self):
        calls = AtomicInt()

        @cached(maxsize=100)
        def load(number):
            calls.add()
            return number

        everywhere(lambda numbers: [self.assertEqual(load(number), number) for number in range(50)])
        self.assertEqual(calls.get(), 50)

    def test_statistics_add_up(self):
        values = StatsDict()

        def work(numbers):
            for _ in range(EACH):
                number = numbers.randrange(20)
                key = numbers.choice([number, Key(number)])
                self.assertIn(values.get(key), (None, number))
                values[key] = number
                values.setdefault(key, number)
                if numbers.random() < 0.1:
                    try:
                        del values[key]
                    except KeyError:
                        pass

        everywhere(work)
        seen = values.stats()
        self.assertGreaterEqual(seen["hits"] + seen["misses"], THREADS * EACH)
        self.assertEqual(seen["inserts"] - seen["erases"], len(values))


class Locks(TestCase):
    def test_one_thread_at_a_time(self):
        sides = RWLock()
        for lock in (sides.write(), CheckedLock("threads"), CheckedRLock("threads again"), Guarded(0)):
            inside, alone, entries = [], [0], AtomicInt()

            def work(numbers, lock=lock, inside=inside, alone=alone, entries=entries):
                for _ in range(EACH):
                    if not lock.acquire(numbers.random() < 0.7):
                        continue
                    inside.append(1)
                    alone[0] += len(inside) == 1
                    entries.add()
                    inside.pop()
                    lock.release()

            everywhere(work)
            self.assertEqual(alone[0], entries.get())

    def test_values_of_threads(self):
        local = Local(list)

        def work(numbers):
            for number in range(EACH):
                local.get().append(number)
                if number % 100 == 0:
                    local.values()
            return len(local.get())

        self.assertEqual(everywhere(work), [EACH] * THREADS)


if __name__ == "__main__":
    unittest.main()
