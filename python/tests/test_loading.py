# SPDX-License-Identifier: MIT
"""Values that are loaded once, however many threads and tasks ask for them."""

import asyncio
import math
import sys
import threading
import unittest

from support import Call, TestCase

from plait import ExpiringCache, cached
from plait._flights import Wait


class Loads(TestCase):
    def test_one_thread_loads_for_all(self):
        cache, loads, go_on = ExpiringCache(10), [], threading.Event()

        def load():
            loads.append(1)
            go_on.wait(20)
            return "value"

        calls = [Call(cache.get_or_load, "key", load) for _ in range(20)]
        calls[0].assert_waits()
        self.assertEqual(cache.get_or_load("other", lambda: 2), 2)
        go_on.set()
        self.assertEqual({call.result() for call in calls}, {"value"})
        self.assertEqual((len(loads), cache.get_or_load("key", lambda: "another")), (1, "value"))

    def test_an_exception_reaches_all_and_is_not_kept(self):
        cache, go_on = ExpiringCache(10), threading.Event()

        def load():
            go_on.wait(20)
            raise ArithmeticError("no value")

        calls = [Call(cache.get_or_load, "key", load) for _ in range(3)]
        calls[0].assert_waits()
        go_on.set()
        for call in calls:
            with self.assertRaisesRegex(ArithmeticError, "no value"):
                call.result()
        self.assertEqual(cache.get_or_load("key", lambda: 1), 1)

    def test_a_load_that_leads_back_to_its_key_raises(self):
        cache = ExpiringCache(10)
        with self.assertRaisesRegex(RuntimeError, "'key' asks for 'key' itself"):
            cache.get_or_load("key", lambda: cache.get_or_load("key", lambda: 1))
        self.assertEqual(cache.get_or_load("a", lambda: cache.get_or_load("b", lambda: 1) + 1), 2)
        self.assertEqual((cache["a"], cache["b"]), (2, 1))

    def test_what_is_put_or_removed_meanwhile_is_newer(self):
        cache = ExpiringCache(10)

        def load(change):
            change()
            return "loaded"

        self.assertEqual(cache.get_or_load("a", lambda: load(lambda: cache.put("a", "put"))), "loaded")
        self.assertEqual(cache["a"], "put")
        for forget in lambda: cache.discard("b"), cache.clear, lambda: cache.pop("b", None):
            self.assertEqual(cache.get_or_load("b", lambda: load(forget)), "loaded")
            self.assertNotIn("b", cache)

    def test_what_is_put_after_a_removal_meanwhile_stays(self):
        cache = ExpiringCache(10)
        for forget in lambda: cache.discard("key"), cache.clear, lambda: cache.pop("key", None):

            def load(forget=forget):
                forget()
                cache.put("key", "new")
                return "old"

            self.assertEqual(cache.get_or_load("key", load), "old")
            self.assertEqual(cache.pop("key"), "new")

    def test_keys_that_the_cache_tells_apart_have_loads_of_their_own(self):
        class Text(str):
            pass

        for one, other in (1, 1.0), (1.0, 1), (1, True), ("a", Text("a")):
            cache = ExpiringCache(10)
            self.assertEqual(cache.get_or_load(one, lambda: cache.get_or_load(other, lambda: "other")), "other")
        cache = ExpiringCache(10)
        cache.get_or_load(1, lambda: cache.discard(1.0))
        self.assertIn(1, cache)
        with self.assertRaisesRegex(RuntimeError, "would wait for ever"):
            cache.get_or_load(1.0, lambda: cache.get_or_load(True, lambda: "another"))

    def test_a_load_gives_its_own_time(self):
        cache = ExpiringCache(10, ttl=60)
        cache.get_or_load("a", lambda: 1, ttl=None)
        cache.get_or_load("b", lambda: 1)
        self.assertEqual(cache.time_left("a"), math.inf)
        self.assertLessEqual(cache.time_left("b"), 60)
        self.assertEqual(cache.get_or_load("c", lambda: 3, ttl=0), 3)
        self.assertNotIn("c", cache)


class Tasks(TestCase):
    def test_tasks_and_threads_wait_for_one_load(self):
        loads = []

        async def main():
            cache = ExpiringCache(10)

            async def load():
                loads.append(1)
                await asyncio.sleep(0.1)
                return "value"

            tasks = [asyncio.create_task(cache.aget_or_load("key", load)) for _ in range(5)]
            await asyncio.sleep(0.02)
            thread = asyncio.to_thread(cache.get_or_load, "key", lambda: "not this one")
            return await asyncio.gather(*tasks, thread)

        self.assertEqual(asyncio.run(main()), ["value"] * 6)
        self.assertEqual(loads, [1])

    def test_a_leader_that_is_cancelled_hands_over(self):
        async def main():
            cache, loads = ExpiringCache(10), []

            async def load():
                loads.append(1)
                await asyncio.sleep(0.05)
                return len(loads)

            tasks = [asyncio.create_task(cache.aget_or_load("key", load)) for _ in range(3)]
            await asyncio.sleep(0.01)
            tasks[0].cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            return type(results[0]), results[1:]

        self.assertEqual(asyncio.run(main()), (asyncio.CancelledError, [2, 2]))

    def test_a_waiter_that_is_cancelled_does_not_end_the_load(self):
        async def main():
            cache = ExpiringCache(10)

            async def load():
                await asyncio.sleep(0.05)
                return 1

            tasks = [asyncio.create_task(cache.aget_or_load("key", load)) for _ in range(3)]
            await asyncio.sleep(0.01)
            tasks[1].cancel()
            return (await asyncio.gather(*tasks, return_exceptions=True))[::2]

        self.assertEqual(asyncio.run(main()), [1, 1])

    def test_a_load_that_raises_stop_iteration_ends_the_tasks_that_wait(self):
        cache, go_on = ExpiringCache(10), threading.Event()

        def load():
            go_on.wait(20)
            raise StopIteration

        leading = Call(cache.get_or_load, "key", load)
        leading.assert_waits()

        async def main():
            waiting = asyncio.create_task(cache.aget_or_load("key", lambda: asyncio.sleep(0, "never")))
            await asyncio.sleep(0.05)
            go_on.set()
            await asyncio.wait_for(waiting, 5)

        with self.assertRaisesRegex(RuntimeError, "StopIteration"):
            asyncio.run(main())
        with self.assertRaises(StopIteration):
            leading.result()

    def test_a_module_that_is_just_being_imported_has_no_tasks(self):
        program = """
            import asyncio, sys, types
            from plait import ExpiringCache
            from plait.queue import Queue
            sys.modules["trio"] = types.ModuleType("trio")
            cache, items = ExpiringCache(10), Queue()
            print(cache.get_or_load("key", lambda: 1))
            sys.modules["trio.lowlevel"] = types.ModuleType("trio.lowlevel")
            async def main():
                getting = asyncio.create_task(items.aget())
                await asyncio.sleep(0.01)
                items.put(2)
                return await getting
            print(asyncio.run(main()))
            """
        self.assert_program(program, "1 2", timeout=20)

    def test_a_coroutine_function_can_be_decorated(self):
        calls = []

        @cached(ttl=60)
        async def load(x):
            calls.append(x)
            await asyncio.sleep(0.01)
            if x < 0:
                raise ArithmeticError
            return x

        async def main():
            return await asyncio.gather(*[load(1) for _ in range(100)], load(2))

        self.assertEqual(asyncio.run(main()), [1] * 100 + [2])
        self.assertEqual(sorted(calls), [1, 2])
        for _ in range(2):
            with self.assertRaises(ArithmeticError):
                asyncio.run(load(-1))
        self.assertEqual(sorted(calls), [-1, -1, 1, 2])

    def test_a_task_that_waits_for_itself_raises(self):
        async def main():
            cache = ExpiringCache(10)

            async def again():
                return await cache.aget_or_load("key", again)

            await cache.aget_or_load("key", again)

        with self.assertRaises(RuntimeError):
            asyncio.run(main())


class Circles(TestCase):
    """Loads that wait for one another."""

    def ask_from_both_sides(self, first, second):
        """What two calls that are made at once come to."""
        results = []
        for call in Call(first), Call(second):
            try:
                results.append(call.result())
            except RuntimeError as error:
                results.append(str(error))
        return results

    def test_two_threads(self):
        both = threading.Barrier(2)

        @cached()
        def a(_):
            both.wait(20)
            return b("y")

        @cached()
        def b(_):
            both.wait(20)
            return a("x")

        for text in self.ask_from_both_sides(lambda: a("x"), lambda: b("y")):
            self.assertRegex(text, "the load of '.' asks for '.', whose load asks for '.', and would wait for ever")

    def test_three_threads(self):
        cache, all_of_them, calls = ExpiringCache(10), threading.Barrier(3), []

        def load(key):
            def then():
                all_of_them.wait(20)
                return cache.get_or_load((key + 1) % 3, lambda: "no load")

            return cache.get_or_load(key, then)

        for key in range(3):
            calls.append(Call(load, key))
        for call in calls:
            with self.assertRaisesRegex(RuntimeError, "asks for ., whose load asks for ., whose load asks for ., and"):
                call.result()
        self.assertEqual(cache.get_or_load(0, lambda: "later"), "later")

    def test_two_tasks(self):
        async def main():
            cache, loading = ExpiringCache(10), []

            async def load(key, other):
                loading.append(key)
                while len(loading) < 2:
                    await asyncio.sleep(0)
                return await cache.aget_or_load(other, lambda: load(other, key))

            both = (cache.aget_or_load(key, lambda k=key, o=other: load(k, o)) for key, other in ("ab", "ba"))
            return await asyncio.wait_for(asyncio.gather(*both, return_exceptions=True), 30)

        for error in asyncio.run(main()):
            self.assertRegex(str(error), "the load of '.' asks for '.', whose load asks for '.', and would wait")

    def test_a_thread_and_a_task(self):
        cache, both = ExpiringCache(10), threading.Barrier(2)

        async def load():
            await asyncio.to_thread(both.wait, 20)
            return await cache.aget_or_load("of the thread", load)

        def thread_load():
            both.wait(20)
            return cache.get_or_load("of the task", thread_load)

        texts = self.ask_from_both_sides(
            lambda: asyncio.run(cache.aget_or_load("of the task", load)),
            lambda: cache.get_or_load("of the thread", thread_load),
        )
        for text in texts:
            self.assertRegex(text, "the load of 'of the .*' asks for 'of the .*', whose load asks for 'of the")

    def test_a_task_that_blocks_the_loop_that_loads(self):
        async def main():
            cache = ExpiringCache(10)
            loading = asyncio.create_task(cache.aget_or_load("key", lambda: asyncio.sleep(0.05, "value")))
            await asyncio.sleep(0)
            with self.assertRaisesRegex(RuntimeError, "waiting for 'key' would block the event loop that loads 'key'"):
                cache.get_or_load("key", lambda: "not this one")
            return await loading

        self.assertEqual(asyncio.run(main()), "value")

    def test_waiting_for_a_load_that_waits_is_no_circle(self):
        cache, go_on = ExpiringCache(10), threading.Event()

        def load_a():
            return cache.get_or_load("b", lambda: "never")

        b = Call(cache.get_or_load, "b", lambda: go_on.wait(20) and "value of b")
        b.assert_waits()
        calls = [Call(cache.get_or_load, "a", load_a) for _ in range(3)]
        for call in calls:
            call.assert_waits()
        go_on.set()
        self.assertEqual([call.result() for call in calls], ["value of b"] * 3)

    def test_a_load_may_come_at_any_moment_of_a_wait(self):
        cache, go_on, is_inside = ExpiringCache(10), threading.Event(), []

        def load_at_each_line(*_):
            if not is_inside:
                is_inside.append(True)
                # As a load in a signal handler that waits for the same.
                with Wait(other.flight, True):
                    pass
                is_inside.pop()
            return load_at_each_line

        def wait():
            sys.settrace(load_at_each_line)
            try:
                return cache.get_or_load("key", lambda: "never")
            finally:
                sys.settrace(None)

        leading = Call(cache.get_or_load, "key", lambda: go_on.wait(20))
        leading.assert_waits()
        _, other = cache._look("key", blocks_thread=True)
        waiting = Call(wait)
        waiting.assert_waits()
        go_on.set()
        self.assertEqual((leading.result(), waiting.result()), (True, True))

    def test_a_task_that_has_not_run_since_its_load_ended_waits_for_nobody(self):
        @cached()
        async def a():
            await asyncio.sleep(0.01)
            return 1

        @cached()
        async def b():
            return await a() + 1

        async def first():
            await a()
            return await b()

        async def main():
            return await asyncio.gather(first(), b())

        self.assertEqual(asyncio.run(main()), [2, 2])

    def test_a_thread_that_has_not_run_since_its_load_ended_waits_for_nobody(self):
        cache, go_on = ExpiringCache(10), threading.Event()

        def first():
            cache.get_or_load("a", lambda: go_on.wait(20))
            return cache.get_or_load("b", lambda: "never")

        leading = Call(first)
        leading.assert_waits()
        waiting = Call(cache.get_or_load, "b", lambda: cache.get_or_load("a", lambda: "never"))
        waiting.assert_waits()
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1)  # the leader goes on at once
        try:
            go_on.set()
            self.assertEqual((leading.result(), waiting.result()), (True, True))
        finally:
            sys.setswitchinterval(interval)


if __name__ == "__main__":
    unittest.main()
