# SPDX-License-Identifier: MIT
"""fork() at a bad moment."""

import asyncio
import functools
import os
import select
import threading
import time
import unittest

from support import LONG, Call, TestCase, in_child, shares_a_dict_with_a_child

from plait import AtomicInt, Counter, ExpiringCache, KeyedCounter, StatsDict
from plait.aio import _hub_of
from plait.queue import LifoQueue, PriorityQueue, Queue, ShutDown, SimpleQueue

ALL = [Queue, LifoQueue, PriorityQueue, SimpleQueue]


# What threads do while others fork is here, not inside the tests: a variable of an enclosing function would be
# an object of CPython's that they share.


def produce(items):
    try:
        while True:
            items.put(1)
            time.sleep(0)
    except ShutDown:
        pass


def a_wake_comes(items):
    items.drain()
    getting = Call(items.get, timeout=40)
    time.sleep(0.01)
    begun = time.monotonic()
    items.put(7)
    return getting.result() == 7 and time.monotonic() - begun < 20


def use_until(stop, use, *objects):
    while not stop.get():
        use("a", *objects)


def use_in_a_child(use, *objects):
    return Call(use, "b", *objects).result() and use("a", *objects)


def count_and_cache(key, counts, cache, stats):
    counts.inc(key)
    cache.put(key, 1)
    cache.get_or_load(key + " loaded", two)
    stats[key] = cache.get(key)
    return stats[key] == 1 and counts[key] >= 1


def count_and_cache_in_dicts(key, counter, cache):
    counter.inc(key)
    cache.put((key,), 1)  # a dict holds such keys
    cache.get_or_load((key, "loaded"), two)
    return cache.get((key,)) == 1 <= counter[key]


def two():
    return 2


class Fork(TestCase):
    def test_a_child_uses_the_queues_for_whose_items_the_parents_threads_wait(self):
        for kind in ALL:
            with self.subTest(kind):
                items = kind()
                waiting = [Call(items.get) for _ in range(3)]
                waiting[0].assert_waits()

                def child():
                    getting = Call(items.get, timeout=10)
                    getting.assert_waits(0.05)
                    items.put(7)
                    return getting.result() == 7

                self.assertEqual(in_child(child), 0)
                items.put_many([1, 2, 3])
                self.assertEqual(sorted(call.result() for call in waiting), [1, 2, 3])

    def test_no_wake_is_lost_in_a_child_however_busy_the_parent_is(self):
        items, forks = Queue(4), 40
        calls = [Call(list, items), Call(list, items), Call(produce, items)]
        try:
            self.assertEqual([in_child(functools.partial(a_wake_comes, items)) for _ in range(forks)], [0] * forks)
        finally:
            items.shutdown()
        for call in calls:
            call.result()

    def test_counters_and_caches_work_in_the_children_of_a_busy_parent(self):
        self.fork_while_threads_use(count_and_cache, KeyedCounter(), ExpiringCache(100), StatsDict())

    @shares_a_dict_with_a_child
    def test_counters_and_caches_that_need_a_dict_do_so_too(self):
        self.fork_while_threads_use(count_and_cache_in_dicts, Counter(), ExpiringCache(100))

    def fork_while_threads_use(self, use, *objects):
        stop = AtomicInt()
        calls = [Call(use_until, stop, use, *objects) for _ in range(3)]
        try:
            child = functools.partial(use_in_a_child, use, *objects)
            self.assertEqual([in_child(child) for _ in range(20)], [0] * 20)
        finally:
            stop.set(1)
        for call in calls:
            call.result()

    def test_a_child_loads_what_a_thread_of_its_parent_was_loading(self):
        cache, begun, go = ExpiringCache(10), threading.Event(), threading.Event()

        def load():
            begun.set()
            go.wait(LONG)
            return 1

        loading = Call(cache.get_or_load, "key", load)
        self.assertTrue(begun.wait(LONG))
        waiting = Call(cache.get_or_load, "key", load)
        waiting.assert_waits()
        for _ in range(2):  # a child changes nothing in its parent
            self.assertEqual(in_child(lambda: Call(cache.get_or_load, "key", lambda: 2).result() == 2), 0)
        go.set()
        self.assertEqual((loading.result(), waiting.result()), (1, 1))

    def test_a_load_that_forks_ends_in_both_processes(self):
        def load_once():
            cache, children, waiting = ExpiringCache(10), [], []

            def load():
                child = os.fork()
                if child == 0:
                    waiting.append(Call(cache.get_or_load, "key", lambda: 4))
                    waiting[0].assert_waits()
                else:
                    children.append(child)
                return 3

            is_right = cache.get_or_load("key", load) == 3
            if waiting:
                return is_right and waiting[0].result() == 3
            return is_right and os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]) == 0

        self.assertEqual(in_child(load_once), 0)

    def test_a_lock_that_a_thread_of_the_parent_is_woken_to_take_is_whole_in_the_child(self):
        comes, calls = [], []

        class Key:
            """When one is compared, another thread comes to wait for the same lock."""

            def __hash__(self):
                return 1

            def __lt__(self, other):
                return self == other

            def __eq__(self, other):
                if comes:
                    calls.append(Call(comes.pop(), Key()))
                    time.sleep(0.0001)  # not so long that the lock is handed over to it
                return False

        def meet():
            comes.append(use)
            use(Key())
            calls.pop().result()
            return True

        for use in (PriorityQueue().put, Counter().inc):
            use(Key())
            for _ in range(25):
                comes.append(use)
                use(Key())
                self.assertEqual(in_child(lambda: Call(meet).result()), 0)
                calls.pop().result()

    def test_a_put_in_a_child_keeps_no_loop_of_the_parent_busy(self):
        async def main():
            items = Queue()
            getting = asyncio.create_task(items.aget())
            await asyncio.sleep(0.01)
            self.assertEqual(in_child(lambda: items.put(1) is None), 0)
            await asyncio.sleep(0.05)
            descriptor = _hub_of(asyncio.get_running_loop()).bells.fileno()
            readable = select.select([descriptor], [], [], 0)[0]
            items.put(2)
            return readable, await getting

        self.assertEqual(asyncio.run(main()), ([], 2))

    def test_items_go_with_the_child(self):
        for kind in ALL:
            items = kind()
            items.put_many([1, 2, 3])
            self.assertEqual(in_child(lambda: sorted(items.drain()) == [1, 2, 3]), 0)
            self.assertEqual(items.qsize(), 3)


if __name__ == "__main__":
    unittest.main()
