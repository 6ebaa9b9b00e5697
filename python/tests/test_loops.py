# SPDX-License-Identifier: MIT
"""Tasks of every kind of event loop: uvloop's, trio's, and anyio's on each of them."""

import asyncio
import contextlib
import gc
import os
import threading
import unittest
import unittest.mock
import weakref

import anyio
import test_aio
import trio
from support import Call, TestCase

from plait import ExpiringCache
from plait.queue import LifoQueue, PriorityQueue, Queue, ShutDown, SimpleQueue

try:
    import uvloop
except ImportError:  # python/tests/environment has said that it cannot be had
    uvloop = None

ALL = [Queue, LifoQueue, PriorityQueue, SimpleQueue, test_aio.Hooked]
LONG = 30  # seconds


class OnAnyio:
    """Everything here is in anyio's words, and so runs on every loop that it knows."""

    backend = "asyncio"
    options = {}

    def run_tasks(self, main, *arguments):
        async def limited():
            with anyio.fail_after(LONG):
                return await main(*arguments)

        return anyio.run(limited, backend=self.backend, backend_options=self.options)

    def test_an_item_and_room_are_waited_for(self):
        async def main(kind):
            items, seen = kind(1) if kind is not SimpleQueue else kind(), []

            async def consume():
                for _ in range(4):
                    seen.append(await items.aget())

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(consume)
                await anyio.wait_all_tasks_blocked()
                await items.aput("a")
                await items.aput("b")  # of a queue for one: the consumer has to come between
                thread = Call(lambda: [items.put("c"), items.put("d")])
            thread.result()
            return sorted(seen)

        for kind in ALL:
            with self.subTest(kind):
                self.assertEqual(self.run_tasks(main, kind), list("abcd"))

    def test_a_method_is_a_task(self):
        async def main():
            items = Queue(1)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(items.aput, 1)
                tasks.start_soon(items.aput, 2)
                tasks.start_soon(items.aget)
            return items.drain()

        self.assertEqual(len(self.run_tasks(main)), 1)

    def test_tasks_are_served_in_turn(self):
        async def main():
            items, order = Queue(), []

            async def get(name):
                order.append((name, await items.aget()))

            async with anyio.create_task_group() as tasks:
                for name in "abc":
                    tasks.start_soon(get, name)
                    await anyio.wait_all_tasks_blocked()
                for number in (1, 2, 3):
                    items.put(number)
                    await anyio.wait_all_tasks_blocked()
            return order

        self.assertEqual(self.run_tasks(main), [("a", 1), ("b", 2), ("c", 3)])

    def test_shutdown_wakes_all(self):
        async def main(kind):
            items, ended = kind(), []

            async def consume():
                with contextlib.suppress(ShutDown):
                    await items.aget()
                ended.append(1)

            async with anyio.create_task_group() as tasks:
                for _ in range(3):
                    tasks.start_soon(consume)
                await anyio.wait_all_tasks_blocked()
                Call(items.shutdown).result()
            return len(ended)

        for kind in ALL:
            self.assertEqual(self.run_tasks(main, kind), 3)

    def test_join_waits_for_the_last_task(self):
        async def main(kind):
            items = kind()
            await items.ajoin()
            for number in range(3):
                items.put(number)
            joined = []

            async def join():
                await items.async_q.join()
                joined.append(1)

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(join)
                tasks.start_soon(join)
                for _ in range(3):
                    await anyio.wait_all_tasks_blocked()
                    self.assertEqual(joined, [])
                    await items.aget()
                    Call(items.task_done).result()
            return len(joined)

        for kind in (Queue, LifoQueue, PriorityQueue, test_aio.Hooked):
            with self.subTest(kind):
                self.assertEqual(self.run_tasks(main, kind), 2)

    def test_a_wait_that_is_cancelled_loses_no_item(self):
        count = 30

        async def main(kind):
            items, seen = kind(), []

            async def consume(scope):
                with scope:
                    while True:
                        seen.append(await items.aget())

            async def disturb(scopes):
                while len(seen) + items.qsize() < count or items.qsize():
                    scope = anyio.CancelScope()
                    tasks.start_soon(consume, scope)
                    scopes.append(scope)
                    await anyio.sleep(0)
                    if len(scopes) > 3:
                        scopes.pop(0).cancel()
                for scope in scopes:
                    scope.cancel()

            def produce():
                for number in range(count):
                    items.put(number)
                    os.sched_yield()

            thread = Call(produce)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(disturb, [])
            thread.result()
            return sorted(seen + items.drain())

        for kind in (Queue, PriorityQueue, test_aio.Hooked):
            with self.subTest(kind):
                self.assertEqual(self.run_tasks(main, kind), list(range(count)))

    def test_a_put_that_is_cancelled_puts_nothing(self):
        async def main(kind):
            items = kind(1)
            items.put("old")
            with anyio.move_on_after(0.02) as scope:
                await items.aput("new")
            self.assertTrue(scope.cancelled_caught)
            await items.aget()
            with anyio.move_on_after(0.02) as scope:
                await items.aget()
            return scope.cancelled_caught, items.qsize()

        for kind in (Queue, LifoQueue, PriorityQueue, test_aio.Hooked):
            self.assertEqual(self.run_tasks(main, kind), (True, 0))

    def test_no_thread_waits_for_a_task(self):
        async def main():
            items = Queue()
            before = threading.active_count()
            async with anyio.create_task_group() as tasks:
                for _ in range(50):
                    tasks.start_soon(items.aget)
                await anyio.wait_all_tasks_blocked()
                during = threading.active_count()
                items.put_many(range(50))
            return during - before

        self.assertEqual(self.run_tasks(main), 0)

    def test_every_item_arrives_once(self):
        each = 300

        async def main(kind, bound):
            items, seen = kind(bound), []

            async def consume():
                async for item in items.async_q:
                    seen.append(item)

            async def produce(which):
                for number in range(each):
                    await items.aput((number, which))

            async with anyio.create_task_group() as all_tasks:
                for _ in range(3):
                    all_tasks.start_soon(consume)
                thread = Call(lambda: [items.put((number, "thread")) for number in range(each)])
                async with anyio.create_task_group() as tasks:
                    for which in "ab":
                        tasks.start_soon(produce, which)
                await anyio.to_thread.run_sync(thread.result)
                items.shutdown()
            return sorted(seen) == sorted((n, w) for n in range(each) for w in ("a", "b", "thread"))

        for kind, bound in (Queue, 3), (Queue, 0), (LifoQueue, 3), (PriorityQueue, 50):
            with self.subTest((kind, bound)):
                self.assertTrue(self.run_tasks(main, kind, bound))

    def test_loops_of_two_threads_share_a_queue(self):
        there, back, rounds = Queue(1), Queue(1), 200

        async def ping():
            for number in range(rounds):
                await there.aput(number)
                self.assertEqual(await back.aget(), number)

        async def pong():
            for _ in range(rounds):
                await back.aput(await there.aget())

        other = Call(self.run_tasks, pong)
        self.run_tasks(ping)
        other.result()

    def test_tasks_and_threads_wait_for_one_load(self):
        loads = []

        async def main():
            cache, seen = ExpiringCache(10), []

            async def load():
                loads.append(1)
                await anyio.sleep(0.05)
                return "value"

            async def ask():
                seen.append(await cache.aget_or_load("key", load))

            async def ask_in_vain(scope):
                with scope:
                    await cache.aget_or_load("key", load)

            scope = anyio.CancelScope()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(ask)
                await anyio.wait_all_tasks_blocked()
                tasks.start_soon(ask)
                tasks.start_soon(ask_in_vain, scope)
                await anyio.wait_all_tasks_blocked()
                scope.cancel()
                thread = Call(cache.get_or_load, "key", lambda: "not this one")
            return [*seen, thread.result()]

        self.assertEqual((self.run_tasks(main), loads), (["value"] * 3, [1]))

    def test_loads_in_a_circle_raise(self):
        async def main():
            cache, loading, errors = ExpiringCache(10), [], []

            async def load(key, other):
                loading.append(key)
                while len(loading) < 2:
                    await anyio.sleep(0)
                return await cache.aget_or_load(other, lambda: load(other, key))

            async def ask(key, other):
                with contextlib.suppress(RuntimeError):
                    await cache.aget_or_load(key, lambda: load(key, other))
                errors.append(key)

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(ask, "a", "b")
                tasks.start_soon(ask, "b", "a")
            return sorted(errors)

        self.assertEqual(self.run_tasks(main), ["a", "b"])

    def test_nothing_is_left_of_a_loop(self):
        items = Queue()

        async def main():
            with anyio.move_on_after(0.01):
                await items.aget()

        self.run_tasks(main)
        gc.collect()
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(20):
            self.run_tasks(main)
        gc.collect()
        self.assertLessEqual(len(os.listdir("/proc/self/fd")), before)
        alive = weakref.ref(items)
        del items, main
        gc.collect()
        self.assertIsNone(alive())


class AnyioOnAsyncio(OnAnyio, TestCase):
    pass


class AnyioOnTrio(OnAnyio, TestCase):
    backend = "trio"


class InTrio(TestCase):
    def test_a_call_that_need_not_wait_lets_others_run(self):
        async def main():
            items, turns = Queue(), []
            items.put_many(range(10))

            async def take():
                for _ in range(10):
                    await items.aget()
                    turns.append("take")

            async def other():
                for _ in range(5):
                    turns.append("other")
                    await trio.lowlevel.checkpoint()

            async with trio.open_nursery() as nursery:
                nursery.start_soon(take)
                nursery.start_soon(other)
            return turns

        turns = trio.run(main)
        self.assertLess(turns.index("other"), 2)
        self.assertNotIn(["other"] * 5, [turns[at : at + 5] for at in range(len(turns))])

    def test_trio_that_comes_after_the_first_wait_is_noticed(self):
        self.assert_program(
            """
            import asyncio
            from plait.queue import Queue

            items, turns = Queue(), []
            items.put_many([1] * 100)

            async def take(count):
                for _ in range(count):
                    await items.aget()
                    turns.append("take")

            asyncio.run(take(2))
            import trio

            async def other():
                turns.append("other")

            async def main():
                turns.clear()
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(take, 3)
                    nursery.start_soon(other)
                return turns.index("other")

            print(max(trio.run(main) for _ in range(20)) < 2)
            """,
            "True",
        )

    def test_a_call_in_a_cancelled_scope_takes_nothing(self):
        async def main():
            items = Queue(2)
            items.put(1)
            with trio.CancelScope() as scope:
                scope.cancel()
                await items.aget()
            with trio.CancelScope() as scope:
                scope.cancel()
                await items.aput(2)
            return scope.cancelled_caught, items.drain()

        self.assertEqual(trio.run(main), (True, [1]))

    def test_a_trio_task_and_an_asyncio_task_share_a_queue(self):
        there, back = Queue(), Queue()

        async def answer():
            for _ in range(20):
                await back.aput(await there.aget() + 1)

        async def ask():
            for number in range(20):
                await there.aput(number)
                self.assertEqual(await back.aget(), number + 1)

        other = Call(asyncio.run, answer())
        trio.run(ask)
        other.result()

    def test_it_runs_as_a_guest_of_asyncio(self):
        async def main():
            items, done = Queue(), asyncio.get_running_loop().create_future()

            async def consume():
                return [await items.aget(), await items.aget()]

            trio.lowlevel.start_guest_run(
                consume,
                run_sync_soon_threadsafe=asyncio.get_running_loop().call_soon_threadsafe,
                done_callback=lambda outcome: done.set_result(outcome.unwrap()),
            )
            await asyncio.sleep(0.01)
            await items.aput("a")
            await asyncio.sleep(0.01)
            Call(items.put, "b").result()
            return await done

        self.assertEqual(asyncio.run(asyncio.wait_for(main(), LONG)), ["a", "b"])


if uvloop is not None:

    class AnyioOnUvloop(OnAnyio, TestCase):
        options = {"use_uvloop": True}

    def run_in_uvloop(main):
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(asyncio.wait_for(main, LONG))

    class OnUvloop:
        """Each test of asyncio's loop."""

        def setUp(self):
            patched = unittest.mock.patch.object(test_aio, "run", run_in_uvloop)
            patched.start()
            self.addCleanup(patched.stop)

    class OneUvloop(OnUvloop, test_aio.OneLoop):
        pass

    class MixedWithUvloop(OnUvloop, test_aio.Mixed):
        pass


if __name__ == "__main__":
    unittest.main()
