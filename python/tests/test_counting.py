# SPDX-License-Identifier: MIT
"""Counters: what one thread sees, and that no count is lost among many."""

import gc
import sys
import unittest
import weakref

from support import Call, TestCase

from plait import AtomicInt, Counter, KeyedCounter, StripedCounter

THREADS, EACH = 4, 5000


def in_threads(function):
    for call in [Call(function) for _ in range(THREADS)]:
        call.result()


class Point:
    """A key whose comparison is Python code."""

    def __init__(self, x):
        self.x = x

    def __hash__(self):
        return hash(self.x)

    def __eq__(self, other):
        return isinstance(other, Point) and self.x == other.x


class Numbers(TestCase):
    def test_an_atomic_int_is_a_number(self):
        number = AtomicInt(40)
        self.assertEqual((number.add(), number.add(n=5), number.sub(4), number.sub()), (41, 46, 42, 41))
        number += 2
        number -= 1
        self.assertEqual((int(number), range(50)[number], repr(number)), (42, 42, "AtomicInt(42)"))
        self.assertEqual((number.exchange(7), number.get()), (42, 7))
        self.assertTrue(number.compare_exchange(7, 8))
        self.assertFalse(number.compare_exchange(expected=7, value=9))
        number.set(-3)
        self.assertEqual(number.get(), -3)

    def test_what_is_no_number_of_64_bits_is_refused(self):
        number = AtomicInt(2**63 - 1)
        for wrong in (
            number.add,
            lambda: AtomicInt(2**63),
            lambda: number.add(2**64),
            lambda: number.sub(-(2**63)),
        ):
            with self.assertRaises(OverflowError):
                wrong()
        self.assertEqual(number.get(), 2**63 - 1)
        for wrong in (
            lambda: number.add("1"),
            lambda: number.add(1.5),
            lambda: number.set(None),
            lambda: AtomicInt(1, 2),
        ):
            with self.assertRaises(TypeError):
                wrong()

    def test_no_add_is_lost(self):
        number, striped = AtomicInt(), StripedCounter()

        def count():
            for _ in range(EACH):
                number.add(2)
                striped.add()
                striped.add(2)

        in_threads(count)
        self.assertEqual((number.get(), striped.get()), (2 * THREADS * EACH, 3 * THREADS * EACH))
        self.assertEqual(
            (striped.exchange(5), striped.get(), repr(striped)), (3 * THREADS * EACH, 5, "StripedCounter(5)")
        )

    def test_every_sum_is_seen_once(self):
        number, seen = AtomicInt(), []
        in_threads(lambda: seen.extend([number.add() for _ in range(EACH)]))
        self.assertEqual(sorted(seen), list(range(1, THREADS * EACH + 1)))


class Keyed(TestCase):
    def test_it_counts(self):
        words = KeyedCounter("abracadabra")
        words.inc("a", 10)
        words.inc(key="z", n=-1)
        words.update(["b", b"b", 7, 10**30])
        self.assertEqual(
            (words["a"], words.count("b"), words[b"b"], words[7], words[10**30], words["none"]),
            (15, 3, 1, 1, 1, 0),
        )
        self.assertEqual(words.most_common(2), [("a", 15), ("b", 3)])
        self.assertEqual((words.total(), len(words), len(words.most_common())), (24, 9, 9))
        self.assertEqual(
            words.snapshot(), {"a": 15, "b": 3, "r": 2, "c": 1, "d": 1, "z": -1, b"b": 1, 7: 1, 10**30: 1}
        )
        self.assertTrue(words.discard("a"))
        self.assertFalse(words.discard("a"))
        self.assertEqual(words["a"], 0)
        words.clear()
        self.assertEqual((len(words), repr(words)), (0, "KeyedCounter({})"))

    def test_other_keys_are_compared_as_by_a_dict(self):
        points = KeyedCounter()
        for _ in range(3):
            points.inc(Point(1))
            points.inc((1, 2))
        points.inc(2.5)
        self.assertEqual(
            (points[Point(1)], points[(1, 2)], points[2.5], points[Point(2)], len(points)), (3, 3, 1, 0, 3)
        )
        self.assertTrue(points.discard(Point(1)))
        self.assertEqual((points[Point(1)], len(points)), (0, 2))
        for use in (points.inc, points.count, points.discard, lambda key: points.update([key])):
            with self.assertRaises(TypeError):
                use([])

    def test_a_hash_or_comparison_that_raises_changes_nothing(self):
        class Bad:
            def __hash__(self):
                raise ArithmeticError

        counts = KeyedCounter()
        with self.assertRaises(ArithmeticError):
            counts.inc(Bad())
        with self.assertRaises(ArithmeticError):
            counts.update(["a", Bad()])
        self.assertEqual(counts.snapshot(), {"a": 1})
        with self.assertRaises(OverflowError):
            counts.inc("a", 2**63)

    def test_no_count_is_lost(self):
        counts, keys = KeyedCounter(), ["a", "b", 3, (4,), Point(5)]

        def count():
            for number in range(EACH):
                counts.inc(keys[number % 5])

        in_threads(count)
        in_threads(count)  # threads that inherit the tables of those that have ended
        self.assertEqual(counts.total(), 2 * THREADS * EACH)
        self.assertEqual(counts.snapshot(), {key: 2 * THREADS * EACH // 5 for key in keys})

    def test_keys_are_dropped_with_the_counter(self):
        counts, point = KeyedCounter(), Point(1)
        alive = weakref.ref(point)
        counts.inc(point)
        point.counts = counts
        del point
        self.assertIsNotNone(alive())
        del counts
        gc.collect()
        self.assertIsNone(alive())


class Bounded(TestCase):
    """KeyedCounter(max_keys=...)"""

    def test_a_count_is_never_too_low_and_errs_by_a_known_share(self):
        most, true = 50, {}
        counts = KeyedCounter(max_keys=most)
        for number in range(100_000):
            key = f"often {number % 7}" if number % 2 else f"once {number}"
            true[key] = true.get(key, 0) + 1
            counts.inc(key)
        self.assertEqual((counts.max_keys, counts.total()), (most, 100_000))
        self.assertLessEqual(len(counts), most)
        self.assertLess(len(counts.snapshot()), len(true))
        for key in [f"often {number}" for number in range(7)] + ["once 0", "once 99998", "never"]:
            count, error = counts.estimate(key)
            self.assertLessEqual(error, 100_000 // most)
            self.assertTrue(count - error <= true.get(key, 0) <= count, (key, count, error))
            self.assertEqual(counts[key], count)
        # Each was counted some 7000 times, which is more than 100,000 / 50.
        self.assertEqual({key for key, _ in counts.most_common(7)}, {f"often {number}" for number in range(7)})
        estimates = counts.most_common_estimates(n=7)
        self.assertEqual([(key, count) for key, count, _ in estimates], counts.most_common(7))
        for key, count, error in estimates:
            self.assertEqual((count, error), counts.estimate(key))

    def test_no_count_is_lost_by_many_threads(self):
        counts = KeyedCounter(max_keys=10)

        def count():
            for number in range(EACH):
                counts.inc("often")
                counts.inc(number)

        in_threads(count)
        count, error = counts.estimate("often")
        self.assertEqual(counts.total(), 2 * THREADS * EACH)
        self.assertTrue(count - error <= THREADS * EACH <= count, (count, error))

    def test_without_it_an_estimate_is_exact(self):
        counts = KeyedCounter("abca")
        self.assertIsNone(counts.max_keys)
        self.assertEqual((counts.estimate("a"), counts.estimate("z")), ((2, 0), (0, 0)))
        self.assertEqual(counts.most_common_estimates(), [("a", 2, 0), ("b", 1, 0), ("c", 1, 0)])

    def test_what_would_break_the_bound_is_refused(self):
        counts = KeyedCounter("ab", max_keys=2)
        with self.assertRaisesRegex(ValueError, r"inc\(\) by -1.*without max_keys"):
            counts.inc("a", -1)
        with self.assertRaisesRegex(ValueError, r"discard\(\).*clear\(\)"):
            counts.discard("a")
        for use in (counts.inc, lambda key: counts.update(["a", key])):
            with self.assertRaisesRegex(TypeError, "exactly str, bytes or int, not tuple"):
                use((1, 2))
        self.assertEqual((counts.count((1, 2)), counts.total()), (0, 3))
        for wrong, error in ((0, ValueError), (-1, ValueError), (2.5, TypeError), (2**63, OverflowError)):
            with self.assertRaises(error):
                KeyedCounter(max_keys=wrong)
        with self.assertRaises(TypeError):
            KeyedCounter("ab", 2)
        counts.clear()
        self.assertEqual((counts.estimate("a"), repr(counts)), ((0, 0), "KeyedCounter({}, max_keys=2)"))

    def test_keys_that_are_not_kept_are_freed(self):
        counts, key = KeyedCounter(max_keys=1), " ".join(["a key", "that nobody else has"])
        references = sys.getrefcount(key)
        counts.inc(key)
        self.assertGreater(sys.getrefcount(key), references)
        for number in range(10_000):
            counts.inc(number)
        self.assertEqual(counts.total(), 10_001)
        len(counts)  # takes what this thread has counted by itself
        self.assertEqual(sys.getrefcount(key), references)


class Dictionary(TestCase):
    def test_no_inc_is_lost(self):
        counts, keys = Counter(), ["a", 2, Point(3)]

        def count():
            for number in range(EACH):
                counts.inc(keys[number % 3])
            counts.update("ab")
            counts.subtract(["b"])
            counts.dec("a")

        in_threads(count)
        self.assertEqual(sum(counts.values()), THREADS * EACH)
        self.assertEqual((counts[Point(3)], counts["b"]), (THREADS * (EACH // 3), 0))

    def test_inc_returns_the_sum(self):
        counts = Counter(a=1)
        self.assertEqual(
            (counts.inc("a"), counts.inc("b", 2), counts.dec("a", 5), counts.inc("c", 0.5)), (2, 2, -3, 0.5)
        )
        self.assertEqual(counts, {"a": -3, "b": 2, "c": 0.5})

    def test_using_it_from_a_comparison_raises(self):
        counts = Counter()

        class Meddler(Point):
            __hash__ = Point.__hash__

            def __eq__(self, other):
                counts.inc("again")
                return False

        counts.inc(Meddler(1))
        with self.assertRaises(RuntimeError):
            counts.inc(Meddler(1))
        self.assertEqual(counts.inc("a"), 1)


if __name__ == "__main__":
    unittest.main()
