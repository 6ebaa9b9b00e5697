# SPDX-License-Identifier: MIT
"""Classes that override hooks, and programs that use what only Python's queue has."""

import sys
import time
import unittest

from support import Call, TestCase

from plait.queue import Empty, Full, LifoQueue, PriorityQueue, Queue, ShutDown, SimpleQueue

BOUNDED = [Queue, LifoQueue, PriorityQueue]


class Unique(Queue):
    """A queue that holds no item twice."""

    def _init(self, maxsize):
        self.queue = {}

    def _put(self, item):
        self.queue[item] = None

    def _get(self):
        item = next(iter(self.queue))
        del self.queue[item]
        return item


class Counting(LifoQueue):
    """Overrides one hook, and calls the one it overrides."""

    def __init__(self, maxsize=0):
        self.puts = 0
        super().__init__(maxsize)

    def _put(self, item):
        self.puts += 1
        super()._put(item)


class Hooks(TestCase):
    def test_overridden_hooks_are_called(self):
        items = Unique(2)
        items.put_many([1, 1, 2])
        self.assertEqual((items.qsize(), items.full(), items.maxsize), (2, True, 2))
        with self.assertRaises(Full):
            items.put(3, timeout=0.01)
        waiting = Call(items.put, 3)
        waiting.assert_waits()
        self.assertEqual([items.get(), items.get(), items.get()], [1, 2, 3])
        waiting.result()
        counting = Counting()
        counting.put_many([1, 2])
        counting.put(3)
        self.assertEqual((counting.puts, counting.get(), counting.snapshot()), (3, 3, [1, 2]))

    def test_all_methods_work_with_hooks(self):
        items = Unique()
        self.assertTrue(items.empty())
        items.put_many([1, 2, 3, 4])
        self.assertEqual((items.peek(), items.snapshot(), items.get_many(2)), (1, [1, 2, 3, 4], [1, 2]))
        self.assertEqual((items.unfinished_tasks, items.clear(), items.unfinished_tasks), (4, 2, 2))
        joining = Call(items.join)
        joining.assert_waits()
        items.task_done()
        items.task_done()
        joining.result()
        with self.assertRaises(ValueError):
            items.task_done()
        with self.assertRaises(Empty):
            items.get(timeout=0.01)
        with self.assertRaises(ValueError):
            items.get(timeout=-1)
        items.put(5)
        waiting = Call(lambda: list(items))
        waiting.assert_waits()
        items.shutdown()
        self.assertEqual(waiting.result(), [5])
        with self.assertRaises(ShutDown):
            items.put(6)
        self.assertTrue(items.is_shutdown)

    def test_a_negative_timeout_is_an_error_even_if_there_is_room(self):
        for items in Unique(2), Counting(2):
            with self.assertRaises(ValueError):
                items.put(1, timeout=-1)
            items.put(1, block=False, timeout=-1)
            with self.assertRaises(ValueError):
                items.get(timeout=-1)
            self.assertEqual(items.get(), 1)

    def test_an_exception_in_a_hook_leaves_the_queue_usable(self):
        class Failing(Queue):
            fails = False

            def _put(self, item):
                if self.fails:
                    raise ArithmeticError
                super()._put(item)

        items = Failing()
        items.fails = True
        with self.assertRaises(ArithmeticError):
            items.put(1)
        items.fails = False
        items.put(2)
        self.assertEqual((items.get(), items.unfinished_tasks), (2, 1))

    def test_the_hooks_can_be_called(self):
        for kind in BOUNDED:
            items = kind()
            with items.mutex:
                items._put(1)
                self.assertEqual((items._qsize(), items._get()), (1, 1))

    def test_other_subclasses_stay_native(self):
        class Named(Queue):
            def __init__(self, name, maxsize=0):
                super().__init__(maxsize)
                self.name = name

        items = Named("a", 3)
        items.put(1)
        self.assertEqual(vars(items), {"name": "a"})
        self.assertEqual((items.maxsize, items.get()), (3, 1))


class Methods(TestCase):
    def test_put_nowait_and_get_nowait_call_what_replaces_put_and_get(self):
        for kind in BOUNDED:

            class Marked(kind):
                def put(self, item, block=True, timeout=None):
                    super().put(("put", item, block), block, timeout)

                def get(self, block=True, timeout=None):
                    return "got", block, super().get(block, timeout)

            class Plain(kind):
                pass

            items = Marked(1)
            items.put_nowait(1)
            with self.assertRaises(Full):
                items.put_nowait(2)
            self.assertEqual(items.get_nowait(), ("got", False, ("put", 1, False)))
            with self.assertRaises(Empty):
                items.get_nowait()
            for items in kind(1), Plain(1):
                items.put_nowait(1)
                self.assertEqual(items.get_nowait(), 1)

    def test_those_of_a_simple_queue_do_not(self):
        class Refusing(SimpleQueue):
            def put(self, item, block=True, timeout=None):
                raise ArithmeticError

            get = put

        items = Refusing()
        items.put_nowait(1)
        self.assertEqual(items.get_nowait(), 1)


class Touched(TestCase):
    def test_the_items_move_to_the_container_in_order(self):
        for kind in BOUNDED:
            with self.subTest(kind):
                items, same = kind(9), kind(9)
                for each in items, same:
                    each.put_many([4, 1, 3, 2])
                    each.get()
                    each.task_done()
                with items.mutex:
                    self.assertEqual(len(items.queue), 3)
                self.assertEqual((items.maxsize, items.unfinished_tasks, items.qsize()), (9, 3, 3))
                self.assertEqual([items.get() for _ in range(3)], [same.get() for _ in range(3)])

    def test_clearing_the_container_makes_room_for_threads_that_wait(self):
        items = Queue(2)
        items.put_many([1, 2])
        waiting = Call(items.put, 3)
        waiting.assert_waits()
        with items.mutex:
            items.queue.clear()
            items.not_full.notify_all()
        waiting.result()
        self.assertEqual(items.get(), 3)

    def test_threads_that_wait_go_on_waiting(self):
        items = Queue()
        items.put(1), items.get()  # before anybody else waits for an item
        getting, timed = Call(items.get), Call(items.get, timeout=0.5)
        getting.assert_waits()
        joining = Call(items.join)
        joining.assert_waits()
        self.assertFalse(items.mutex.locked())
        getting.assert_waits()
        joining.assert_waits()
        items.task_done()
        joining.result()
        with self.assertRaises(Empty):
            timed.result()
        items.put(2)
        self.assertEqual(getting.result(), 2)

    def test_the_bound_can_be_changed(self):
        items = Queue(1)
        items.put(1)
        waiting = Call(items.put, 2)
        waiting.assert_waits()
        items.maxsize = 3
        with items.mutex:
            items.not_full.notify_all()
        waiting.result()
        items.put(3, block=False)
        with self.assertRaises(Full):
            items.put(4, block=False)

    def test_a_queue_that_was_shut_down_stays_so(self):
        items = Queue()
        items.put(1)
        items.shutdown()
        with items.mutex:
            self.assertTrue(items.is_shutdown)
        with self.assertRaises(ShutDown):
            items.put(2)
        self.assertEqual(items.get(), 1)
        with self.assertRaises(ShutDown):
            items.get()

    def test_it_may_be_touched_at_any_moment(self):
        for _ in range(30):
            items = Queue(4)
            each = 200

            def produce():
                for number in range(each):
                    items.put(number)

            def consume():
                return [items.get() for _ in range(each)]

            calls = [Call(produce), Call(produce), Call(consume), Call(consume)]
            time.sleep(0.0005)
            touching = [Call(lambda: items.mutex) for _ in range(2)]
            mutexes = {id(call.result()) for call in touching}
            self.assertEqual(len(mutexes), 1)
            results = [call.result() for call in calls]
            self.assertEqual(sorted(results[2] + results[3]), sorted([*range(each), *range(each)]))

    def test_what_it_says_of_itself_holds_at_any_moment(self):
        def look():
            seen = set()
            while not items._is_standard():
                seen.add((items.qsize(), items.empty(), items.full(), items.unfinished_tasks, items.is_shutdown))
            seen.add((items.qsize(), items.empty(), items.full(), items.unfinished_tasks, items.is_shutdown))
            return seen

        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-5)
        try:
            for kind in BOUNDED:
                for _ in range(20):
                    items = kind(50)
                    items.put_many(range(50))
                    looking = Call(look)
                    time.sleep(0.0005)
                    items.mutex
                    self.assertEqual(looking.result(), {(50, False, True, 50, False)})
        finally:
            sys.setswitchinterval(interval)

    def test_no_task_done_is_lost_at_any_moment(self):
        for _ in range(30):
            items = Queue()
            items.put_many(range(400))
            marking = [Call(lambda: [items.task_done() for _ in range(200)]) for _ in range(2)]
            items.mutex
            for call in marking:
                call.result()
            self.assertEqual(items.unfinished_tasks, 0)
            items.join()
            with self.assertRaises(ValueError):
                items.task_done()

    def test_drain_gets_all_at_any_moment(self):
        for _ in range(30):
            items = Queue()
            items.put_many(range(500))
            draining, touching = Call(items.drain), Call(lambda: items.mutex)
            touching.result()
            self.assertEqual(sorted(draining.result()), list(range(500)))

    def test_conditions_can_be_waited_for(self):
        items = Queue()

        def wait():
            with items.not_empty:
                return items.not_empty.wait_for(lambda: len(items.queue) == 2, timeout=10)

        waiting = Call(wait)
        waiting.assert_waits()
        items.put(1)
        items.put(2)
        self.assertTrue(waiting.result())


if __name__ == "__main__":
    unittest.main()
