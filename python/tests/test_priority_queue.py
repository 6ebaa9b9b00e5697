# SPDX-License-Identifier: MIT
"""PriorityQueue: items are compared by Python code, lie as in a heap of heapq, and equals may keep their order."""

import contextlib
import gc
import heapq
import math
import random
import sys
import threading
import unittest
import weakref

from support import Call, TestCase

from plait.queue import Empty, PriorityQueue


class Comparisons(TestCase):
    """A PriorityQueue compares its items by code that may do anything."""

    class Item:
        def __init__(self, rank, act=lambda: None):
            self.rank, self.act = rank, act

        def __lt__(self, other):
            self.act()
            other.act()
            return self.rank < other.rank

    def fail(self_):  # noqa: N805
        raise ArithmeticError("these two cannot be compared")

    def test_an_item_that_cannot_be_compared_is_not_put(self):
        items = PriorityQueue()
        items.put_many(self.Item(rank) for rank in (4, 1, 3, 2))
        with self.assertRaises(ArithmeticError):
            items.put(self.Item(0, self.fail))
        self.assertEqual((items.qsize(), items.unfinished_tasks), (4, 4))
        self.assertEqual([items.get().rank for _ in range(4)], [1, 2, 3, 4])
        with self.assertRaises(TypeError):
            items.put_many([1, "one"])
            items.put("one")
        self.assertEqual(items.drain(), [1])

    def test_a_get_that_fails_loses_no_item(self):
        items = PriorityQueue()
        failing = self.Item(3)
        items.put_many([self.Item(1), self.Item(2), failing])
        failing.act = self.fail
        with self.assertRaises(ArithmeticError):
            items.get()
        failing.act = lambda: None
        self.assertEqual(items.qsize(), 3)
        self.assertEqual({items.get().rank for _ in range(3)}, {1, 2, 3})
        with self.assertRaises(Empty):
            items.get_nowait()

    def test_using_the_queue_from_a_comparison_raises(self):
        items = PriorityQueue()
        items.put(self.Item(1))
        for use in (
            lambda: items.put(self.Item(0)),
            items.get,
            items.snapshot,
            items.drain,
            lambda: items.mutex,
            lambda: items.queue,
        ):
            with self.assertRaisesRegex(RuntimeError, "while it compared"):
                items.put(self.Item(2, use))
        self.assertEqual((items.qsize(), items.unfinished_tasks, items._is_standard()), (1, 1, False))
        self.assertEqual(items.get().rank, 1)

    def test_a_comparison_that_marks_items_done_may_raise(self):
        items = PriorityQueue()

        def mark_all_and_fail():
            while items.unfinished_tasks:
                items.task_done()
            raise ArithmeticError

        items.put(self.Item(1))
        with self.assertRaises(ArithmeticError):
            items.put(self.Item(2, mark_all_and_fail))
        self.assertEqual((items.get().rank, items.unfinished_tasks), (1, 0))

    def test_an_exception_ends_a_batch_and_loses_no_item(self):
        def interrupt():
            nonlocal left
            left -= 1
            if left == 0:
                raise KeyboardInterrupt

        for which in (1, 5, 20):  # of the comparisons of one call
            left, items = 0, PriorityQueue()
            items.put_many([self.Item(rank, interrupt) for rank in range(12)])
            for take in (items.drain, lambda: items.get_many(10)):
                left = which
                with self.assertRaises(KeyboardInterrupt):
                    take()
                self.assertEqual((items.qsize(), items.unfinished_tasks), (12, 12))
            self.assertEqual(sorted(item.rank for item in items.drain()), [*range(12)])
            left = which
            with self.assertRaises(KeyboardInterrupt):
                items.put_many([self.Item(-rank, interrupt) for rank in range(12)])
            put = items.drain()
            self.assertEqual([item.rank for item in put], [-rank for rank in reversed(range(len(put)))])

    def test_those_that_come_first_still_do_after_a_batch_that_failed(self):
        items, ranks, left = PriorityQueue(), list(range(40)), 100
        random.Random(5).shuffle(ranks)
        items.put_many([self.Item(rank) for rank in ranks])

        def fail_late():
            nonlocal left
            left -= 1
            if left == 0:
                raise ArithmeticError

        for item in items.snapshot():
            item.act = fail_late
        with self.assertRaises(ArithmeticError):
            items.drain()
        self.assertEqual([items.get().rank for _ in range(8)], [*range(8)])
        self.assertEqual(sorted(item.rank for item in items.drain()), [*range(8, 40)])

    def test_a_batch_that_was_waited_for_loses_nothing_to_an_exception(self):
        items, left = PriorityQueue(), 0

        def act():
            nonlocal left
            left -= 1
            if left == 0:
                raise ArithmeticError

        waiting = Call(items.get_many, 5)
        waiting.assert_waits()
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1)
        try:
            items.put_many([self.Item(rank, act) for rank in range(4)])
            left = 5  # in the third comparison: two take the first item
        finally:
            sys.setswitchinterval(interval)
        got = []
        with contextlib.suppress(ArithmeticError):  # without the GIL, it may have been there before
            got = waiting.result()
        left = 0
        self.assertEqual(sorted(item.rank for item in got + items.drain()), [0, 1, 2, 3])

    def test_other_threads_wait_for_a_slow_comparison(self):
        items = PriorityQueue()
        items.put(self.Item(1))
        go_on = threading.Event()
        slow = Call(items.put, self.Item(2, go_on.wait))
        slow.assert_waits()
        waiting = Call(items.get)
        waiting.assert_waits()
        go_on.set()
        slow.result()
        self.assertEqual(waiting.result().rank, 1)


class Heap(TestCase):
    """How a PriorityQueue orders what it holds."""

    def test_items_lie_as_in_a_heap_of_heapq(self):
        nan = math.nan
        edges = [0, 1, -1, 2**30 - 1, 2**30, -(2**30), 2**31, 2**60, 2**62, 2**63, -(2**63), 10**30]
        kinds = {
            "small int": lambda order: order.randrange(-5, 5),
            "int at the edges of a word": lambda order: order.choice(edges) + order.randrange(2),
            "float": lambda order: order.choice([0.0, -0.0, math.inf, -math.inf, nan, order.random()]),
            "number of any kind": lambda order: order.choice([1, True, 1.0, 0.5, 2**80, -3, False]),
            "text": lambda order: order.choice("abc"),
            "tuple of two": lambda order: (order.randrange(3), order.random()),
            "tuple with edges": lambda order: (order.choice(edges), order.randrange(3)),
            "tuple with the same NaN": lambda order: (order.choice([nan, 1.0, 1]), order.randrange(3)),
            "tuple with some NaN": lambda order: (order.choice([float("nan"), nan, 0.5]), order.randrange(3)),
            "tuple of any length": lambda order: (1, 2, 3)[: order.randrange(4)],
            "tuple in a tuple": lambda order: ((order.randrange(2),), order.randrange(2)),
        }
        for name, make in kinds.items():
            order, items, heap = random.Random(name), PriorityQueue(), []
            for _ in range(300):
                if heap and order.random() < 0.4:
                    self.assertIs(items.get(), heapq.heappop(heap), name)
                else:
                    item = make(order)
                    items.put(item)
                    heapq.heappush(heap, item)
                self.assertEqual([id(item) for item in items.snapshot()], [id(item) for item in heap], name)

    def test_a_comparison_that_raises_loses_nothing(self):
        class Item:
            def __init__(self, rank):
                self.rank = rank

            def __lt__(self, other):
                nonlocal left
                left -= 1
                if left == 0:
                    raise ArithmeticError
                return self.rank < other.rank

        for stable in (False, True):
            for which in range(1, 9):  # of the comparisons of one call
                left, items = 0, PriorityQueue(stable=stable)
                items.put_many([Item(rank) for rank in range(20)])
                before = items.snapshot()
                left = which
                with contextlib.suppress(ArithmeticError):
                    items.put(Item(-1))
                if left <= 0:
                    self.assertEqual((items.snapshot(), items.qsize(), items.unfinished_tasks), (before, 20, 20))
                before, left = items.snapshot(), which
                with contextlib.suppress(ArithmeticError):
                    before.remove(items.get())
                self.assertEqual(set(items.snapshot()), set(before))
                self.assertEqual(items.qsize(), len(before))


class Stable(TestCase):
    def test_equals_come_out_as_they_came(self):
        class Item:
            def __init__(self, rank, number):
                self.rank, self.number = rank, number

            def __lt__(self, other):  # and no ==
                return self.rank < other.rank

        for maxsize in (0, 1000):
            items = PriorityQueue(maxsize, stable=True)
            order = random.Random(7)
            put = [Item(order.randrange(5), number) for number in range(500)]
            items.put_many(put[:250])
            for item in put[250:]:
                items.put(item)
            self.assertEqual(len(set(map(id, items.snapshot()))), 500)
            self.assertIs(items.peek(), items.snapshot()[0])
            got = [items.get() for _ in range(250)] + items.drain()
            self.assertEqual(got, sorted(put, key=lambda item: (item.rank, item.number)))

    def test_it_drops_what_it_holds(self):
        class Item:
            def __lt__(self, other):
                return False

        items, item = PriorityQueue(stable=True), Item()
        alive = weakref.ref(item)
        items.put(item)
        item.queue = items
        found = weakref.ref(items)
        del items, item
        gc.collect()
        self.assertEqual((alive(), found()), (None, None))

    def test_an_item_that_cannot_be_compared_is_not_put(self):
        items = PriorityQueue(stable=True)
        items.put(1)
        with self.assertRaises(TypeError):
            items.put("one")
        self.assertEqual((items.qsize(), items.get(), items.unfinished_tasks), (1, 1, 1))

    def test_it_cannot_become_an_ordinary_queue(self):
        items = PriorityQueue(stable=True)
        items.put(1)
        for name in ("mutex", "queue", "not_empty"):
            with self.assertRaisesRegex(RuntimeError, "stable=True"):
                getattr(items, name)
        self.assertEqual(items.get(), 1)

        class Hooked(PriorityQueue):
            def _put(self, item):
                super()._put(item)

        for wrong in (lambda: Hooked(stable=True), lambda: PriorityQueue(2**21, stable=True)):
            with self.assertRaisesRegex(ValueError, "stable=True"):
                wrong()
        with self.assertRaises(TypeError):
            PriorityQueue(0, True)


if __name__ == "__main__":
    unittest.main()
