# SPDX-License-Identifier: MIT
"""Garbage collections at a bad moment."""

import gc
import threading
import time
import unittest
import weakref

from support import Call, TestCase

from plait import CheckedLock, CheckedRLock, Counter, ExpiringCache, KeyedCounter, RWLock, StatsDict
from plait.queue import LifoQueue, PriorityQueue, Queue, SimpleQueue

ALL = [Queue, LifoQueue, PriorityQueue, SimpleQueue]


class GarbageCollection(TestCase):
    def test_cycles_through_a_queue_are_freed(self):
        class Item:
            def __lt__(self, other):
                return False

        class Hooked(Queue):
            def _put(self, item):
                super()._put(item)

        for make in *ALL, lambda: Queue(4), lambda: LifoQueue(4), Hooked:
            items = make()
            for _ in range(3):
                item = Item()
                item.queue = items
                items.put(item)
            items.itself = items
            alive = weakref.ref(items), weakref.ref(item)
            del items, item
            gc.collect()
            self.assertEqual([each() for each in alive], [None, None])

    def test_objects_are_freed_with_a_class_derived_from_theirs(self):
        # Their class is cleared first, and then nobody finds the module by it.
        for base in (*ALL, RWLock, CheckedLock, CheckedRLock, Counter, ExpiringCache, KeyedCounter, StatsDict):
            with self.subTest(base):
                try:

                    class Derived(base):
                        pass

                except TypeError:  # nothing derives from it
                    continue
                made = Derived(maxsize=3) if base is ExpiringCache else Derived()
                made.itself = made
                freed = weakref.ref(made)
                del Derived, made
                gc.collect()
                self.assertIsNone(freed())

    def test_what_a_queue_holds_is_seen(self):
        for kind in ALL:
            items = kind()
            item = ("an item",)
            items.put(item)
            found = gc.get_referents(items)
            self.assertTrue(item in found or any(item in each for each in found if isinstance(each, list)))

    def test_a_collection_at_any_moment_meets_every_item(self):
        # An item that nobody but the queue and a waiting thread knows must not be taken for garbage.
        for make in (lambda: Queue(8), Queue, lambda: LifoQueue(8), lambda: PriorityQueue(8), SimpleQueue):
            items, count, lost, stop = make(), 1000, [], threading.Event()

            class Item:
                def __init__(self, number):
                    self.number, self.itself, self.is_dead = number, self, False
                    self.alive = weakref.ref(self)

                def __lt__(self, other):
                    return self.number < other.number

                def __del__(self):
                    self.is_dead = True

            def produce():
                for number in range(count):
                    items.put(Item(number))
                    if number % 8 == 0:
                        time.sleep(0.0002)  # the consumer waits now

            def consume():
                for _ in range(count):
                    item = items.get()
                    if item.is_dead or item.alive() is not item:
                        lost.append(item)

            def collect():
                while not stop.is_set():
                    gc.collect(0)
                    time.sleep(0)

            calls = [Call(produce), Call(consume)]
            storm = Call(collect)
            for call in calls:
                call.result()
            stop.set()
            storm.result()
            self.assertEqual(lost, [])

    def test_put_from_del_loses_nothing(self):
        for make in (Queue, SimpleQueue, LifoQueue):
            items, threshold, died = make(), gc.get_threshold(), []

            class Item:
                def __init__(self):
                    self.itself = self

                def __del__(self):
                    items.put("from __del__")
                    died.append(1)

            gc.set_threshold(10)
            try:
                for number in range(3000):
                    items.put(Item())
                    items.get()
                    if number % 100 == 0:
                        gc.collect()  # without the GIL, few come by themselves
            finally:
                gc.set_threshold(*threshold)
            gc.collect()
            self.assertEqual(len(items.drain()), len(died))  # all others that were put were taken
            self.assertGreater(len(died), 30)

    def test_a_collection_may_run_while_an_object_is_made(self):
        # Each of them has a dictionary, whose making runs one, up to Python 3.11, if none can be used again.
        self.assert_program(
            """
            import gc
            from plait import *
            gc.disable()
            made = [{} for _ in range(1000)]
            for make in StatsDict, KeyedCounter, lambda: ExpiringCache(10):
                for threshold in range(1, 10):
                    gc.set_threshold(threshold)
                    gc.enable()
                    made += [make() for _ in range(20)]
                    gc.disable()
            print("end")
            """,
            "end",
        )


if __name__ == "__main__":
    unittest.main()
