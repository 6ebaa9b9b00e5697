# SPDX-License-Identifier: MIT
"""ExpiringCache as a dictionary, and cached()."""

import gc
import itertools
import math
import threading
import time
import unittest
import unittest.mock
import weakref

from support import Call, TestCase

from plait import ExpiringCache, cached


class Key:
    """Compared by Python code."""

    def __init__(self, x):
        self.x = x

    def __hash__(self):
        return hash(self.x)

    def __eq__(self, other):
        return isinstance(other, Key) and self.x == other.x


class Entries(TestCase):
    def test_a_key_that_is_forgotten_while_an_equal_one_comes_takes_only_itself_away(self):
        class Beside(Key):
            """Has the hash of the others, and is compared with whatever is looked for."""

            __hash__ = Key.__hash__

            def __eq__(self, other):
                if comes:
                    comes.pop()()
                return self is other

        def come():  # in the middle of forgetting the first one, which is forgotten here, and has a successor
            cache.put(Key(1), "again")
            cache.discard(Key(1))
            cache.put(Key(1), "new")

        for comparison in range(1, 12):  # the first one is discard() looking for the key
            with self.subTest(comparison):
                cache, comes = ExpiringCache(100), []
                cache.put(Beside(1), "beside")
                cache.put(Key(1), "old")
                comes[:] = [come, *[lambda: None] * comparison]
                cache.discard(Key(1))
                has_come, comes[:] = not comes, []
                self.assertEqual(cache.get(Key(1)), "new" if has_come else None)
                self.assertEqual(len(cache), 2 if has_come else 1)
                cache.discard(Key(1))
                self.assertEqual((cache.get(Key(1)), len(cache)), (None, 1))

    def test_pop_returns_the_value_that_it_removes(self):
        class Replacing(Key):
            """Puts another value whenever the cache looks for it."""

            __hash__ = Key.__hash__

            def __eq__(self, other):
                cache.put(Key(1), next(numbers))
                return super().__eq__(other)

        numbers, gone = itertools.count(), []
        cache = ExpiringCache(100, on_evict=lambda *entry: gone.append(entry[1:]))
        cache.put(Key(1), "first")
        self.assertIn((cache.pop(Replacing(1)), "removed"), gone)
        self.assertNotIn(Key(1), cache)
        self.assertEqual(len(gone), next(numbers) + 1)

    def test_a_pop_within_a_pop_has_a_value_of_its_own(self):
        def on_evict(key, value, reason):
            if key == "outer":
                inner.append((cache.pop("inner"), other.pop("other"), cache.pop("none", None)))

        inner, cache, other = [], ExpiringCache(100, on_evict=on_evict), ExpiringCache(100)
        cache["outer"], cache["inner"], other["other"] = 1, 2, 3
        self.assertEqual(cache.pop("outer"), 1)
        self.assertEqual(inner, [(2, 3, None)])
        cache.put("late", 4, ttl=0.01)
        time.sleep(0.02)
        self.assertEqual(cache.pop("late", "default"), "default")

    def test_it_is_a_dictionary(self):
        cache = ExpiringCache(100)
        cache["a"] = 1
        cache[Key(2)] = 2
        cache[(3, "b")] = 3
        cache.put(key=4, value=4)
        self.assertEqual((cache["a"], cache[Key(2)], cache.get((3, "b")), cache[4]), (1, 2, 3, 4))
        self.assertEqual(
            (cache.get("no"), cache.get(Key(9), "default"), len(cache), cache.maxsize),
            (None, "default", 4, 100),
        )
        self.assertTrue("a" in cache and Key(2) in cache and "b" not in cache and Key(3) not in cache)
        self.assertEqual((cache.pop("a"), cache.pop("a", None)), (1, None))
        del cache[Key(2)]
        for missing in (
            lambda: cache["a"],
            lambda: cache[Key(2)],
            lambda: cache.pop("a"),
            lambda: cache.time_left("a"),
        ):
            with self.assertRaises(KeyError):
                missing()
        with self.assertRaises(KeyError):
            del cache["a"]
        self.assertFalse(cache.discard(Key(2)))
        self.assertFalse(cache.add(4, "other"))
        self.assertTrue(cache.add(5, 5))
        self.assertEqual((cache[4], cache[5]), (4, 5))
        cache.clear()
        self.assertEqual(len(cache), 0)
        for wrong in (
            lambda: cache.get([]),
            lambda: cache.put([], 1),
            lambda: cache.put(1),
            lambda: cache[[]],
            lambda: [] in cache,
        ):
            with self.assertRaises(TypeError):
                wrong()

    def test_entries_expire(self):
        cache = ExpiringCache(10, ttl=300)
        cache["by default"] = 1
        cache.put("short", 5, ttl=0.01)
        cache.put("long", 2, ttl=600)
        cache.put("endless", 3, ttl=None)
        cache.put("never", 4, ttl=0)
        self.assertNotIn("never", cache)
        self.assertTrue(0 < cache.time_left("by default") <= 300 < cache.time_left("long") <= 600)
        self.assertEqual((cache["by default"], cache.time_left("endless")), (1, math.inf))
        time.sleep(0.05)
        self.assertEqual((cache.get("short"), cache["long"], cache["endless"], len(cache)), (None, 2, 3, 3))
        self.assertEqual(cache.statistics()["expirations"], 1)
        brief = ExpiringCache(10, ttl=0.01)
        brief["by default"] = 1
        time.sleep(0.05)
        self.assertNotIn("by default", brief)

    def test_what_leaves_is_told(self):
        told = []
        cache = ExpiringCache(2, on_evict=lambda *what: told.append(what))
        cache["a"] = 1
        cache["a"] = 2
        del cache["a"]
        cache.put(Key(1), "k", ttl=0.01)
        time.sleep(0.05)
        cache["b"] = 3
        cache.clear()
        self.assertEqual(len(cache), 0)
        self.assertEqual(told[:2], [("a", 1, "replaced"), ("a", 2, "removed")])
        self.assertCountEqual(told[2:], [(Key(1), "k", "expired"), ("b", 3, "cleared")])
        for number in range(10):
            cache[number] = number
        self.assertEqual(len(cache), 2)
        self.assertEqual([reason for _, _, reason in told[4:]], ["evicted"] * 8)

    def test_on_evict_may_use_the_cache_and_may_raise(self):
        def on_evict(key, value, reason):
            if reason == "removed":
                cache.put("kept", value)
                raise ArithmeticError

        cache = ExpiringCache(10, on_evict=on_evict)
        cache["a"] = 1
        with unittest.mock.patch("sys.unraisablehook") as hook:
            del cache["a"]
        self.assertEqual((cache["kept"], hook.call_count), (1, 1))

    def test_values_and_keys_are_dropped(self):
        cache = ExpiringCache(4)
        for number in range(100):
            key, value = Key(number), Key(number)
            cache[key] = value
        alive = weakref.ref(key), weakref.ref(value)
        del key, value
        self.assertIs(cache[Key(99)], alive[1]())
        cache[Key(99)] = None
        self.assertIsNone(alive[1]())
        del cache[Key(99)]
        self.assertIsNone(alive[0]())
        cache["last"] = value = Key(0)
        alive = weakref.ref(value)
        del cache, value
        self.assertIsNone(alive())

    def test_what_makes_no_cache_is_refused(self):
        for wrong, error in (
            (lambda: ExpiringCache(0), ValueError),
            (lambda: ExpiringCache(-1), ValueError),
            (lambda: ExpiringCache(1, ttl=math.nan), ValueError),
            (lambda: ExpiringCache(1, ttl="1"), TypeError),
            (lambda: ExpiringCache(1, on_evict=1), TypeError),
            (lambda: ExpiringCache(), TypeError),
        ):
            with self.assertRaises(error):
                wrong()

    def test_it_counts(self):
        cache = ExpiringCache(10)
        cache["a"] = 1
        for key in "a", "b", Key(1), "a":
            cache.get(key)
        seen = cache.statistics()
        self.assertEqual((seen["hits"], seen["misses"], seen["hit_ratio"]), (2, 2, 0.5))
        cache.get_or_load("c", lambda: 1)
        cache.get_or_load("c", lambda: 1)
        seen = cache.statistics()
        self.assertEqual((seen["hits"], seen["misses"]), (3, 3))

    def test_threads_see_only_what_was_put(self):
        cache, wrong = ExpiringCache(50), []

        def work(seed):
            for number in range(3000):
                where = (number * seed) % 200
                key = where if where % 2 else (where,)
                if number % 3 == 0:
                    cache[key] = ("value", where)
                elif number % 17 == 0:
                    cache.discard(key)
                elif cache.get(key, ("value", where)) != ("value", where):
                    wrong.append(key)

        for call in [Call(work, seed) for seed in (1, 3, 7, 11)]:
            call.result()
        self.assertEqual(wrong, [])
        self.assertLessEqual(len(cache), 50)


class Decorator(TestCase):
    def test_a_function_runs_once_for_each_combination_of_arguments(self):
        calls = []

        @cached(ttl=60)
        def double(x, *, times=2):
            """Doubles."""
            calls.append((x, times))
            time.sleep(0.01)
            return x * times

        threads = [Call(double, 3) for _ in range(10)] + [Call(double, "a", times=3)]
        self.assertEqual([call.result() for call in threads], [6] * 10 + ["aaa"])
        self.assertEqual(
            (sorted(calls, key=str), double.__name__, double.__doc__),
            ([("a", 3), (3, 2)], "double", "Doubles."),
        )
        double.cache.clear()
        self.assertEqual((double(3), len(calls)), (6, 3))

    def test_a_set_of_pairs_is_no_keyword(self):
        both = cached()(lambda *args, **kwargs: (args, kwargs))
        self.assertEqual(both(1, a=2), ((1,), {"a": 2}))
        pairs = frozenset({("a", 2)})
        self.assertEqual(both((1,), pairs), (((1,), pairs), {}))

    def test_a_key_can_be_made(self):
        @cached(key=lambda text: text.lower())
        def length(text):
            return [text]

        self.assertIs(length("A"), length("a"))

    def test_none_is_a_value(self):
        calls = []
        nothing = cached()(lambda: calls.append(1))
        self.assertEqual((nothing(), nothing(), calls), (None, None, [1]))

    def test_a_thousand_threads_call_once(self):
        calls = []

        @cached(ttl=24 * 3600)  # longer than a thousand threads take on a busy machine
        def slow(x):
            calls.append(x)
            time.sleep(0.2)
            return x

        threads = [threading.Thread(target=slow, args=(1,)) for _ in range(1000)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(calls, [1])


class Collection(TestCase):
    def test_a_cache_that_nobody_knows_is_freed(self):
        class Sub(ExpiringCache):
            pass

        cache = Sub(3)
        cache["a"] = 1
        cache.itself = cache
        alive = weakref.ref(cache)
        del cache
        gc.collect()
        self.assertIsNone(alive())


if __name__ == "__main__":
    unittest.main()
