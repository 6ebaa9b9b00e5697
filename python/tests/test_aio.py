# SPDX-License-Identifier: MIT
"""One queue for threads and tasks."""

import asyncio
import contextlib
import gc
import os
import threading
import time
import unittest
import weakref

from support import Call, TestCase

from plait.queue import LifoQueue, PriorityQueue, Queue, ShutDown, SimpleQueue

ALL = [Queue, LifoQueue, PriorityQueue, SimpleQueue]


class Hooked(Queue):
    def _put(self, item):
        super()._put(item)


def run(main):
    return asyncio.run(asyncio.wait_for(main, 30))


async def start(coroutine):
    """A task that has begun to wait."""
    task = asyncio.create_task(coroutine)
    await asyncio.sleep(0.01)
    return task


class OneLoop(TestCase):
    def test_a_task_waits_for_an_item(self):
        async def main(kind):
            items = kind()
            waiting = await start(items.aget())
            self.assertFalse(waiting.done())
            items.put("from a task")
            first = await waiting
            waiting = await start(items.aget())
            thread = Call(items.put, "from a thread")
            second = await waiting
            thread.result()
            return first, second

        for kind in [*ALL, Hooked]:
            with self.subTest(kind):
                self.assertEqual(run(main(kind)), ("from a task", "from a thread"))

    def test_a_task_waits_for_room(self):
        async def main(kind):
            items = kind(2)
            await items.aput(1)
            await items.aput(2)
            waiting = [await start(items.aput(number)) for number in (3, 4)]
            self.assertEqual(items.qsize(), 2)
            taken = [await asyncio.to_thread(items.get) for _ in range(2)]
            await asyncio.gather(*waiting)
            return sorted(taken + items.get_many(2))

        for kind in [Queue, LifoQueue, PriorityQueue, Hooked]:
            with self.subTest(kind):
                self.assertEqual(run(main(kind)), [1, 2, 3, 4])

    def test_a_tuple_that_waits_for_room_is_one_item(self):
        async def main():
            items = Queue(1)
            await items.aput((1, 2))
            waiting = await start(items.aput(item=(3, 4)))
            first = await items.aget()
            await waiting
            return first, await items.aget()

        self.assertEqual(run(main()), ((1, 2), (3, 4)))

    def test_what_aget_and_aput_return_is_a_coroutine(self):
        async def main():
            items = Queue(1)
            putting = items.aput(1)
            self.assertTrue(asyncio.iscoroutine(putting))
            await putting
            with self.assertRaisesRegex(RuntimeError, "already awaited"):
                await putting
            getting = asyncio.create_task(items.aget())
            getting.cancel()  # before it has begun
            with self.assertRaises(asyncio.CancelledError):
                await getting
            self.assertEqual(items.qsize(), 1)
            closed = items.aget()
            closed.close()
            with self.assertRaisesRegex(RuntimeError, "already awaited"):
                await closed
            return await asyncio.create_task(items.aget())

        self.assertEqual(run(main()), 1)

    def test_one_that_is_never_awaited_is_told_of(self):
        items = Queue()
        with self.assertWarnsRegex(RuntimeWarning, "coroutine '.*Queue.aput' was never awaited"):
            items.aput(1)
            gc.collect()
        self.assertEqual(items.qsize(), 0)

    def test_one_that_is_made_after_another_has_ended_is_a_new_one(self):
        async def main():
            items = Queue()
            for number in range(3):
                await items.aput(number)
                self.assertEqual(await items.aget(), number)
                getting = items.aget()
                self.assertTrue(gc.is_tracked(getting))
                self.assertEqual(getting.__name__, "aget")
                with self.assertWarnsRegex(RuntimeWarning, "coroutine '.*Queue.aget' was never awaited"):
                    del getting
                    gc.collect()
                cycle = Queue()
                await cycle.aput([cycle])

        run(main())

    def test_an_item_that_puts_another_when_it_is_dropped(self):
        class Item:
            def __del__(self):
                dropped.append(self)
                items.aput(2).close()
                items.put(1)

        items, dropped = Queue(), []
        for _ in range(3):
            items.aput(Item()).close()
            gc.collect()
            self.assertEqual(items.drain(), [1])
            dropped.clear()

    def test_tasks_are_served_in_turn(self):
        async def main():
            items, order = Queue(), []

            async def get(name):
                order.append((name, await items.aget()))

            tasks = [await start(get(name)) for name in "abc"]
            items.put_many([1, 2, 3])
            await asyncio.gather(*tasks)
            return order

        self.assertEqual(run(main()), [("a", 1), ("b", 2), ("c", 3)])

    def test_a_task_that_is_cancelled_leaves_the_item(self):
        async def main(kind, for_room):
            items = kind(1)
            if for_room:
                items.put("old")
            wait = items.aput("new") if for_room else items.aget()
            waiting = await start(wait)
            # The wake comes first, then the cancellation, then the task runs.
            asyncio.get_running_loop().call_soon(waiting.cancel)
            if for_room:
                items.get()
            else:
                items.put("item")
            os.sched_yield()
            result = (await asyncio.gather(waiting, return_exceptions=True))[0]
            if isinstance(result, asyncio.CancelledError):
                return items.qsize() == (0 if for_room else 1)
            return items.qsize() == (1 if for_room else 0)

        for kind in (Queue, LifoQueue):
            for for_room in False, True:
                for _ in range(20):
                    self.assertTrue(run(main(kind, for_room)))

    def test_a_wake_that_a_cancelled_task_had_goes_to_another(self):
        async def main():
            items = Queue()
            first, second = await start(items.aget()), await start(items.aget())
            items.put("item")
            while not first._fut_waiter.done():  # what it waits for; it runs in the next turn of the loop
                await asyncio.sleep(0)
            first.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                return await first
            return await second

        self.assertEqual(run(main()), "item")

    def test_a_timeout_ends_a_wait(self):
        async def main():
            items = Queue(1)
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(items.aget(), 0.02)
            await items.aput(1)
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(items.aput(2), 0.02)
            return await items.aget(), items.qsize()

        self.assertEqual(run(main()), (1, 0))

    def test_shutdown_wakes_all_tasks(self):
        async def main(kind):
            items = kind(1)
            items.put(0)
            puts = [await start(items.aput(1)) for _ in range(2)]
            other = kind()
            gets = [await start(other.aget()) for _ in range(2)]
            items.shutdown()
            other.shutdown()
            return [type(error) for error in await asyncio.gather(*puts, *gets, return_exceptions=True)]

        for kind in (Queue, PriorityQueue, Hooked):
            self.assertEqual(run(main(kind)), [ShutDown] * 4)

    def test_a_queue_that_becomes_a_standard_one_while_tasks_wait(self):
        async def main():
            items = Queue()
            waiting = await start(items.aget())
            with items.mutex:
                pass
            await asyncio.sleep(0.05)
            items.put("item")
            return await waiting

        self.assertEqual(run(main()), "item")

    def test_the_view_has_the_methods_of_asyncios_queue(self):
        async def main():
            queue = Queue(1)
            items = queue.async_q
            self.assertIs(items.sync_q, queue)
            self.assertIs(queue.sync_q, queue)
            await items.put(1)
            self.assertEqual((items.qsize(), items.full(), items.empty(), items.maxsize), (1, True, False, 1))
            with self.assertRaises(asyncio.QueueFull):
                items.put_nowait(2)
            joining = await start(items.join())
            self.assertEqual(await items.get(), 1)
            with self.assertRaises(asyncio.QueueEmpty):
                items.get_nowait()
            self.assertFalse(joining.done())
            items.task_done()
            await joining
            items.put_nowait(2)
            items.shutdown()
            return [item async for item in items]

        self.assertEqual(run(main()), [2])


class Mixed(TestCase):
    def test_every_item_arrives_once(self):
        each = 1500

        async def main(kind, bound):
            items, seen = kind(bound), []
            done = threading.Event()

            def thread_consume():
                for item in items:
                    seen.append(item)

            async def consume():
                with contextlib.suppress(ShutDown):
                    while True:
                        seen.append(await items.aget())

            async def produce(which):
                for number in range(each):
                    await items.aput((number, which))

            def thread_produce():
                for number in range(each):
                    items.put((number, "thread"))

            consumers = [asyncio.create_task(consume()) for _ in range(3)]
            threads = [Call(thread_consume), Call(thread_produce)]
            await asyncio.gather(produce("a"), produce("b"))
            await asyncio.to_thread(threads[1].result)
            items.shutdown()
            await asyncio.gather(*consumers)
            await asyncio.to_thread(threads[0].result)
            done.set()
            return sorted(seen) == sorted((n, w) for n in range(each) for w in ("a", "b", "thread"))

        for kind, bound in (Queue, 3), (Queue, 0), (LifoQueue, 3), (PriorityQueue, 50):
            with self.subTest((kind, bound)):
                self.assertTrue(run(main(kind, bound)))

    def test_two_loops_share_a_queue(self):
        items, back, rounds = Queue(1), Queue(1), 200

        async def ping():
            for number in range(rounds):
                await items.aput(number)
                self.assertEqual(await back.aget(), number)

        async def pong():
            for _ in range(rounds):
                await back.aput(await items.aget())

        other = Call(run, pong())
        run(ping())
        other.result()

    def test_a_queue_is_made_without_a_loop_and_outlives_it(self):
        items = Queue()
        for number in range(3):
            Call(items.put, number).result()
            self.assertEqual(run(items.aget()), number)

    def test_the_loop_goes_on_while_tasks_wait(self):
        async def main():
            items = Queue()
            waiting = await start(items.aget())
            begun = time.monotonic()
            for _ in range(100):
                await asyncio.sleep(0)
            took = time.monotonic() - begun
            items.put(1)
            await waiting
            return took

        self.assertLess(run(main()), 5)


class Resources(TestCase):
    def test_nothing_is_left_of_a_loop(self):
        items = Queue()

        async def main():
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(items.aget(), 0.01)

        run(main())
        gc.collect()
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(20):
            run(main())
        gc.collect()
        self.assertLessEqual(len(os.listdir("/proc/self/fd")), before)

    def test_a_queue_is_freed_after_tasks_have_waited_for_it(self):
        async def main():
            items = Queue()
            waiting = await start(items.aget())
            items.put(1)
            await waiting
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(items.aget(), 0.01)
            alive = weakref.ref(items)
            del items, waiting
            await asyncio.sleep(0)  # the loop forgets the task that has just ended
            gc.collect()
            return alive()

        self.assertIsNone(run(main()))

    def test_threads_alone_do_not_import_asyncio(self):
        self.assert_program(
            """
            import sys
            import plait, plait.queue
            plait.queue.Queue().put(1)
            print("asyncio" in sys.modules)
            """,
            "False",
        )


if __name__ == "__main__":
    unittest.main()
