# SPDX-License-Identifier: MIT
"""StatsDict, Guarded, lock_all() and Local."""

import gc
import sys
import threading
import unittest
import weakref

from support import Call, TestCase, in_child

from plait import Guarded, Local, StatsDict, lock_all


class Statistics(TestCase):
    def test_it_is_a_dictionary_that_counts(self):
        prices = StatsDict()
        prices["tea"] = 3
        prices["tea"] = 4
        prices[("a", 1)] = 5
        self.assertEqual([prices["tea"] for _ in range(10)], [4] * 10)
        self.assertEqual(
            (prices.get("none"), prices.get(("b",), 7), prices[("a", 1)], len(prices)), (None, 7, 5, 2)
        )
        self.assertTrue(
            "tea" in prices and ("a", 1) in prices and "none" not in prices and ("b",) not in prices
        )
        self.assertEqual(prices.stats(), {"hits": 11, "misses": 2, "inserts": 2, "updates": 1, "erases": 0})
        self.assertEqual((prices.accesses("tea"), prices.accesses(("a", 1))), ((10, 2), (1, 1)))
        self.assertEqual(
            (prices.most_read(1), prices.most_written(5)), ([("tea", 10)], [("tea", 2), (("a", 1), 1)])
        )
        del prices["tea"]
        prices.reset_stats()
        self.assertEqual(
            (prices.setdefault("x", 1), prices.setdefault("x", 2), prices.setdefault("y")), (1, 1, None)
        )
        for wrong in (lambda: prices["tea"], lambda: prices.accesses("tea"), lambda: prices.__delitem__("tea")):
            with self.assertRaises(KeyError):
                wrong()
        for wrong in (
            lambda: prices[[]],
            lambda: prices.get([]),
            lambda: prices.__setitem__([], 1),
            lambda: [] in prices,
        ):
            with self.assertRaises(TypeError):
                wrong()

    def test_nothing_is_lost_among_threads(self):
        counts, each, threads = StatsDict(), 2000, 4
        for key in "abc":
            counts[key] = key

        def work():
            for number in range(each):
                key = "abc"[number % 3]
                self.assertEqual(counts[key], key)
                counts[key] = key

        for call in [Call(work) for _ in range(threads)]:
            call.result()
        self.assertEqual(counts.stats()["hits"], each * threads)
        self.assertEqual(sum(gets for _, gets in counts.most_read(3)), each * threads)

    def test_values_are_dropped(self):
        class Value:
            pass

        values, value = StatsDict(), Value()
        alive = weakref.ref(value)
        values["a"] = value
        del value
        values["a"] = None
        self.assertIsNone(alive())


class Values(TestCase):
    def test_a_value_is_reached_under_its_lock(self):
        balance, threads, each = Guarded({"sum": 0}), 4, 2000

        def add():
            for _ in range(each):
                with balance as value:
                    value["sum"] += 1

        for call in [Call(add) for _ in range(threads)]:
            call.result()
        self.assertEqual(balance.apply(lambda value: value["sum"]), threads * each)
        self.assertEqual((balance.set(1), balance.set(2)), ({"sum": threads * each}, 1))

    def test_threads_wait_for_a_condition(self):
        items = Guarded([])
        waiting = Call(items.wait, lambda value: len(value) == 2)
        for item in range(2):
            waiting.assert_waits()
            with items as value:
                value.append(item)
        self.assertTrue(waiting.result())
        self.assertFalse(items.wait(lambda value: len(value) == 3, timeout=0.01))

    def test_an_exception_gives_the_lock_back(self):
        items = Guarded([])
        with self.assertRaises(ArithmeticError), items:
            raise ArithmeticError
        Call(items.apply, len).result()


class Locks(TestCase):
    def test_locks_are_taken_in_any_order(self):
        locks = [threading.Lock(), threading.Lock(), Guarded(0), threading.RLock()]
        inside, wrong = [], []

        def work(order):
            for _ in range(500):
                with lock_all(*(locks[at] for at in order)):
                    inside.append(order)
                    if len(inside) != 1:
                        wrong.append(list(inside))
                    inside.pop()

        for call in [Call(work, order) for order in ((0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2), (2, 0, 3, 1))]:
            call.result()
        self.assertEqual(wrong, [])
        self.assertFalse(locks[0].locked() or locks[1].locked())

    def test_none_is_held_while_one_is_waited_for(self):
        first, second = threading.Lock(), threading.Lock()
        with second:

            def both():
                with lock_all(first, second, first):
                    return "both"

            waiting = Call(both)
            waiting.assert_waits()
            self.assertTrue(first.acquire(timeout=5))
            first.release()
        self.assertEqual(waiting.result(), "both")
        with lock_all():
            pass

    def test_a_release_that_raises_leaves_no_other_lock_held(self):
        class Failing:
            def acquire(self, blocking=True):
                return True

            def release(self):
                raise ArithmeticError

        first, last = threading.Lock(), threading.Lock()
        with self.assertRaises(ArithmeticError), lock_all(first, Failing(), last):
            pass
        self.assertFalse(first.locked() or last.locked())

    def test_an_exception_gives_all_back(self):
        locks = threading.Lock(), threading.Lock()
        with self.assertRaises(ArithmeticError), lock_all(*locks):
            raise ArithmeticError
        self.assertFalse(locks[0].locked() or locks[1].locked())


class Locals(TestCase):
    def test_each_thread_has_a_value_of_each_object(self):
        one, other = Local(list), Local(list)
        together = threading.Barrier(3)

        def work(number):
            one.get().append(number)
            other.set(number)
            together.wait(10)
            seen = sorted(one.values()), sorted(other.values())
            together.wait(10)
            return seen

        calls = [Call(work, number) for number in range(3)]
        for call in calls:
            self.assertEqual(call.result(), ([[0], [1], [2]], [0, 1, 2]))
        self.assertEqual(one.get(), [])

    def test_it_may_be_used_at_any_moment(self):
        local, seen = Local(list), set()

        def use_at_each_line(*_):
            if "again" not in seen:
                seen.add("again")
                Local.get(local), local.values()
                seen.discard("again")
            return use_at_each_line

        def use():
            sys.settrace(use_at_each_line)
            try:
                local.set(local.get())
                return len(local.values())
            finally:
                sys.settrace(None)

        self.assertEqual(Call(use).result(), 1)

    def test_a_child_uses_it_whatever_the_threads_of_its_parent_did(self):
        local, stop = Local(list), threading.Event()

        def use():
            while not stop.is_set():
                local.values()

        calls = [Call(use) for _ in range(2)]
        local.get()
        self.assertEqual([in_child(lambda: local.values() == [[]]) for _ in range(20)], [0] * 20)
        stop.set()
        for call in calls:
            call.result()

    def test_a_value_is_dropped_with_its_thread(self):
        class Value:
            pass

        local = Local(Value)
        alive = Call(lambda: weakref.ref(local.get())).result()
        gc.collect()
        self.assertIsNone(alive())
        self.assertEqual(local.values(), [])


if __name__ == "__main__":
    unittest.main()
