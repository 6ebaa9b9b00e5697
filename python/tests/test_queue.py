# SPDX-License-Identifier: MIT
"""What plait.queue promises beyond the tests that CPython has."""

import itertools
import pickle
import queue
import threading
import time
import unittest
import weakref

from support import Call, TestCase

from plait.queue import Empty, Full, LifoQueue, PriorityQueue, Queue, ShutDown, SimpleQueue

ALL = [Queue, LifoQueue, PriorityQueue, SimpleQueue]
BOUNDED = [Queue, LifoQueue, PriorityQueue]


class EveryQueue(TestCase):
    def test_batches_keep_the_order_of_the_queue(self):
        for kind in ALL:
            with self.subTest(kind):
                one_by_one, batches = kind(), kind()
                for item in (3, 1, 2, 5, 4):
                    one_by_one.put(item)
                batches.put_many(iter((3, 1, 2, 5, 4)))
                expected = [one_by_one.get() for _ in range(5)]
                self.assertEqual(batches.get_many(2) + batches.get_many(100), expected)

    def test_get_many_waits_for_one_item_only(self):
        for kind in ALL:
            with self.subTest(kind):
                items = kind()
                waiting = Call(items.get_many, 10)
                waiting.assert_waits()
                items.put("first")
                self.assertEqual(waiting.result(), ["first"])
                with self.assertRaises(Empty):
                    items.get_many(1, block=False)
                with self.assertRaises(Empty):
                    items.get_many(1, timeout=0.001)

    def test_get_many_wants_a_number_of_items(self):
        with self.assertRaisesRegex(ValueError, "max_items must be at least 1, not 0"):
            Queue().get_many(0)
        with self.assertRaises(TypeError):
            Queue().get_many("3")

    def test_put_many_waits_for_room_and_says_how_many_went_in(self):
        for kind in BOUNDED:
            with self.subTest(kind):
                items = kind(2)
                waiting = Call(items.put_many, [1, 2, 3, 4])
                waiting.assert_waits()
                taken = [items.get(timeout=5) for _ in range(4)]
                waiting.result()
                self.assertEqual(sorted(taken), [1, 2, 3, 4])
                with self.assertRaises(Full) as full:
                    items.put_many([1, 2, 3], timeout=0.001)
                self.assertEqual(full.exception.args, (2,))
                items.shutdown()
                with self.assertRaises(ShutDown) as closed:
                    items.put_many([1, 2, 3])
                self.assertEqual(closed.exception.args, (0,))

    def test_a_snapshot_is_of_one_moment_however_busy_the_queue_is(self):
        for make in Queue, lambda: Queue(64), SimpleQueue:
            items, stop = make(), threading.Event()

            def work():
                for number in itertools.count():
                    items.put(number)
                    if number >= 40:
                        items.get()
                    if stop.is_set():
                        return

            working = Call(work)
            for _ in range(200):
                seen = items.snapshot()
                self.assertEqual(seen, list(range(seen[0], seen[0] + len(seen))) if seen else [])
            stop.set()
            working.result()
            self.assertFalse(items._is_standard())

    def test_peek_and_snapshot_leave_the_items(self):
        for kind, first in (Queue, 3), (LifoQueue, 2), (PriorityQueue, 1), (SimpleQueue, 3):
            with self.subTest(kind):
                items = kind()
                with self.assertRaises(Empty):
                    items.peek()
                items.put_many([3, 1, 2])
                self.assertEqual(items.peek(), first)
                self.assertEqual(sorted(items.snapshot()), [1, 2, 3])
                self.assertEqual(items.qsize(), 3)
                self.assertEqual(items.get(), first)

    def test_clear_drops_the_items_and_marks_them_done(self):
        for kind in BOUNDED:
            with self.subTest(kind):
                items = kind(3)
                items.put_many([1, 2, 3])
                waiting = Call(items.put, 4)
                waiting.assert_waits()
                joining = Call(items.join)
                joining.assert_waits()
                self.assertEqual(items.clear(), 3)
                waiting.result()
                self.assertEqual(items.get(), 4)
                items.task_done()
                joining.result()

    def test_drain_takes_all_there_is(self):
        for kind in ALL:
            items = kind()
            items.put_many([1, 1])
            self.assertEqual(items.drain(), [1, 1])
            self.assertEqual(items.drain(), [])

    def test_iteration_ends_when_the_queue_is_shut_down_and_drained(self):
        for kind in ALL:
            with self.subTest(kind):
                items = kind()
                reading = Call(lambda: list(items))
                items.put_many([1, 2])
                reading.assert_waits()
                items.close()
                self.assertEqual(sorted(reading.result()), [1, 2])

    def test_shutdown_lets_the_items_be_taken(self):
        for kind in ALL:
            with self.subTest(kind):
                items = kind()
                items.put(1)
                self.assertFalse(items.is_shutdown)
                items.shutdown()
                self.assertTrue(items.is_shutdown)
                with self.assertRaises(ShutDown):
                    items.put(2)
                self.assertEqual(items.get(), 1)
                with self.assertRaises(ShutDown):
                    items.get(block=False)

    def test_shutdown_wakes_whoever_waits(self):
        for kind in BOUNDED:
            with self.subTest(kind):
                empty, full = kind(), kind(1)
                full.put(1)
                waiting = [
                    Call(empty.get),
                    Call(empty.get, timeout=60),
                    Call(full.put, 2),
                    Call(full.put_many, [2]),
                ]
                for call in waiting:
                    call.assert_waits()
                empty.shutdown()
                full.shutdown()
                for call in waiting:
                    with self.assertRaises(ShutDown):
                        call.result()

    def test_immediate_shutdown_drops_the_items_and_ends_join(self):
        for kind in BOUNDED:
            with self.subTest(kind):
                items = kind()
                items.put_many([1, 2])
                joining = Call(items.join)
                joining.assert_waits()
                items.shutdown(immediate=True)
                joining.result()
                with self.assertRaises(ShutDown):
                    items.get()

    def test_timeouts(self):
        for kind in BOUNDED:
            with self.subTest(kind):
                items = kind(1)
                begun = time.monotonic()
                with self.assertRaises(Empty):
                    items.get(timeout=0.1)
                items.put(1)
                with self.assertRaises(Full):
                    items.put(2, True, 0.1)
                self.assertGreaterEqual(time.monotonic() - begun, 0.2)
                for late in -1, -1e300:
                    with self.assertRaises(ValueError):
                        items.get(timeout=late)
                    with self.assertRaises(ValueError):
                        items.put(1, timeout=late)
                self.assertEqual(items.get(timeout=1e300), 1)
                with self.assertRaises(TypeError):
                    items.get(timeout="1")

    def test_arguments_are_those_of_pythons_queue(self):
        for kind in BOUNDED:
            items = kind(maxsize=2)
            items.put(item=1, block=False, timeout=None)
            items.put(2, True, timeout=1)
            self.assertEqual({items.get(False), items.get(block=True, timeout=1)}, {1, 2})
            for wrong in (
                lambda: items.put(),
                lambda: items.put(1, 2, 3, 4),
                lambda: items.put(1, item=2),
                lambda: items.get(no=1),
                lambda: kind(1, 2),
                lambda: items.shutdown(1, 2),
            ):
                with self.assertRaises(TypeError):
                    wrong()

    def test_it_is_a_class_like_pythons(self):
        self.assertTrue(issubclass(LifoQueue, Queue) and issubclass(PriorityQueue, Queue))
        self.assertFalse(issubclass(SimpleQueue, Queue))
        self.assertIs(Empty, queue.Empty)
        self.assertIs(Full, queue.Full)
        self.assertIs(ShutDown, getattr(queue, "ShutDown", ShutDown))
        for kind in ALL:
            with self.subTest(kind):
                items = kind()
                self.assertEqual(kind.__module__, "plait.queue")
                self.assertTrue(items)
                items.name = "an attribute"
                self.assertEqual(vars(items), {"name": "an attribute"})
                self.assertIs(weakref.ref(items)(), items)
                self.assertEqual(str(kind[int]), f"plait.queue.{kind.__name__}[int]")
                with self.assertRaises(TypeError):
                    pickle.dumps(items)

    def test_a_subclass_without_init_works(self):
        class Careless(Queue):
            def __init__(self):
                pass

        items = Careless()
        items.put(1)
        self.assertEqual((items.get(), items.maxsize), (1, 0))

    def test_a_second_init_is_refused(self):
        items = Queue(2)
        with self.assertRaisesRegex(RuntimeError, "called twice"):
            items.__init__(3)

    def test_large_bounds(self):
        for bound in 2**20 + 1, 2**63, 2**200, float("inf"):
            items = Queue(bound)
            items.put(1)
            self.assertEqual((items.maxsize, items.get(), items.full()), (bound, 1, False))

    def test_a_bound_below_0_is_none_and_is_kept(self):
        for bound in -1, -(2**200):
            items = Queue(bound)
            for item in range(3):
                items.put(item, block=False)
            self.assertEqual((items.maxsize, items.full(), items.get()), (bound, False, 0))
            items.mutex  # an ordinary queue from here on
            self.assertEqual((items.maxsize, items.full(), items.get()), (bound, False, 1))

    def test_references_are_dropped_with_the_item(self):
        class Item:
            def __lt__(self, other):
                return False

        for kind in ALL:
            with self.subTest(kind):
                items = kind()
                item = Item()
                alive = weakref.ref(item)
                items.put(item)
                items.put_many([item, item])
                del item
                self.assertIsNotNone(alive())
                for take in (items.get, lambda: items.get_many(1), items.clear):
                    self.assertIsNotNone(alive())
                    take()
                self.assertIsNone(alive())
                items.put(Item())
                alive = weakref.ref(items.snapshot()[0])
                del items, take
                self.assertIsNone(alive())


class Threads(TestCase):
    def test_every_item_arrives_once_and_in_each_producers_order(self):
        for kind, bound in (Queue, 7), (Queue, 0), (LifoQueue, 7), (PriorityQueue, 7):
            with self.subTest((kind, bound)):
                items = kind(bound)
                each, producers = 2000, 3

                def produce(which):
                    for number in range(each):
                        items.put((number, which))

                def consume():
                    return list(items)

                writing = [Call(produce, which) for which in range(producers)]
                reading = [Call(consume) for _ in range(2)]
                for call in writing:
                    call.result()
                items.shutdown()
                seen = [call.result() for call in reading]
                self.assertEqual(
                    sorted(seen[0] + seen[1]), sorted((n, w) for n in range(each) for w in range(producers))
                )
                if kind is Queue:
                    for part in seen:
                        for which in range(producers):
                            numbers = [number for number, owner in part if owner == which]
                            self.assertEqual(numbers, sorted(numbers))

    def test_one_item_wakes_one_of_many(self):
        items = Queue()
        waiting = [Call(items.get) for _ in range(8)]
        time.sleep(0.05)
        for number in range(8):
            items.put(number)
        self.assertEqual(sorted(call.result() for call in waiting), list(range(8)))

    def test_other_threads_run_while_one_waits(self):
        items = Queue()
        waiting = Call(items.get)
        waiting.assert_waits()
        with self.assert_quick():
            self.assertEqual(sum(range(1000)), 499500)
        items.put(1)
        waiting.result()

    def test_join_waits_for_every_task(self):
        items = Queue()
        items.put_many(range(3))
        joining = [Call(items.join) for _ in range(2)]
        for _ in range(3):
            for call in joining:
                call.assert_waits(0.01)
            items.get()
            items.task_done()
        for call in joining:
            call.result()
        with self.assertRaises(ValueError):
            items.task_done()
        self.assertEqual(items.unfinished_tasks, 0)


if __name__ == "__main__":
    unittest.main()
