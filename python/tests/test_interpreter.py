# SPDX-License-Identifier: MIT
"""Signals, garbage collections, fork(), subinterpreters and the end of the interpreter, at a bad moment."""

import gc
import os
import threading
import time
import unittest
import weakref

from support import LONG, Call, TestCase, in_child

from plait import CheckedLock, CheckedRLock, Counter, ExpiringCache, KeyedCounter, RWLock, StatsDict
from plait.queue import Empty, LifoQueue, PriorityQueue, Queue, SimpleQueue

ALL = [Queue, LifoQueue, PriorityQueue, SimpleQueue]


class Signals(TestCase):
    def assert_interrupted(self, call):
        seconds = self.assert_program(
            f"""
            from plait.queue import *
            full, empty = Queue(1), PriorityQueue()
            full.put(1)
            try:
                print("ready")
                {call}
            except KeyboardInterrupt:
                print("interrupted")
            assert full.qsize() == 1 and empty.qsize() == 0
            """,
            "ready interrupted",
            interrupt_after=0.2,
        )
        self.assertLess(seconds, 30)

    def test_ctrl_c_ends_every_wait(self):
        for call in (
            "full.put(2)",
            "empty.get()",
            "empty.get(timeout=60)",
            "full.join()",
            "empty.get_many(3)",
            "full.put_many([1, 2])",
            "next(empty)",
        ):
            with self.subTest(call):
                self.assert_interrupted(call)

    def test_a_signal_ends_the_sleep_at_once_without_looking_for_it(self):
        # Each signal makes the next one: looking for them once a second would take 40 seconds.
        for call in ("items.get(timeout=60)", "full.put(2, timeout=60)", "full.join()"):
            seconds = self.assert_program(
                f"""
                import signal
                from plait.queue import Queue
                items, full, signals = Queue(), Queue(1), 0
                full.put(1)
                def handle(*_):
                    global signals
                    signals += 1
                    if signals < 40:
                        signal.setitimer(signal.ITIMER_REAL, 0.005)
                    else:
                        items.put(1); full.get(); full.task_done()
                signal.signal(signal.SIGALRM, handle)
                signal.setitimer(signal.ITIMER_REAL, 0.005)
                {call}
                print(signals)
                """,
                "40",
            )
            self.assertLess(seconds, 30)

    def test_the_main_thread_sleeps_while_it_waits(self):
        self.assert_program(
            """
            import resource
            from plait.queue import Empty, Queue
            before = resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw
            try:
                Queue().get(timeout=2)
            except Empty:
                print(resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw - before < 10)
            """,
            "True",
        )

    def test_a_handler_may_use_the_queue_and_the_wait_goes_on(self):
        self.assert_program(
            """
            import signal
            from plait.queue import Queue
            items = Queue(1)
            signal.signal(signal.SIGALRM, lambda *_: items.put("from the handler"))
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            print(items.get(timeout=30))
            """,
            "from the handler",
        )

    def test_a_handler_that_raises_costs_nobody_an_item(self):
        self.assert_program(
            """
            import collections, signal, threading, time
            from plait.queue import Queue
            items, got = Queue(), []
            class Alarm(Exception): pass
            def alarm(*_): raise Alarm
            signal.signal(signal.SIGALRM, alarm)
            def produce():
                for number in range(200):
                    items.put(number)
                    time.sleep(0.001)
                items.shutdown()
            threads = [threading.Thread(target=produce), threading.Thread(target=lambda: got.extend(items))]
            for thread in threads: thread.start()
            alarms = 0
            try:
                while True:
                    try:
                        signal.setitimer(signal.ITIMER_REAL, 0.001)
                        # No bytecode lies between a get and the append, where the item would be lost.
                        collections.deque(map(got.append, items), maxlen=0)
                        break
                    except Alarm:
                        alarms += 1
                signal.setitimer(signal.ITIMER_REAL, 0)
            except Alarm:
                pass  # it came after the end
            for thread in threads: thread.join(10)
            assert sorted(got) == list(range(200)), (len(got), len(set(got)))
            assert alarms > 0
            print("all")
            """,
            "all",
        )


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

    def test_put_from_del_during_put(self):
        for make in (Queue, SimpleQueue, LifoQueue):
            items, threshold, made = make(), gc.get_threshold(), 3000

            class Item:
                def __init__(self):
                    self.itself = self

                def __del__(self):
                    items.put("from __del__")

            gc.set_threshold(10)
            try:
                for _ in range(made):
                    items.put(Item())
                    items.get()
                del items.unused_attribute
            except AttributeError:
                pass
            finally:
                gc.set_threshold(*threshold)
            gc.collect()
            del Item
            left = items.drain()
            # What was taken instead of an Item, and dropped, put another one each time.
            self.assertGreater(left.count("from __del__"), made // 2)


class Fork(TestCase):
    def test_a_child_uses_the_queues_for_whose_items_the_parents_threads_wait(self):
        for kind in ALL:
            with self.subTest(kind):
                items = kind()
                waiting = [Call(items.get) for _ in range(3)]
                waiting[0].assert_waits()

                def child():
                    getting = Call(items.get, timeout=10)
                    getting.assert_waits(0.05)
                    items.put(7)
                    return getting.result() == 7

                self.assertEqual(in_child(child), 0)
                items.put_many([1, 2, 3])
                self.assertEqual(sorted(call.result() for call in waiting), [1, 2, 3])

    def test_no_wake_is_lost_in_a_child_however_busy_the_parent_is(self):
        items, stop, forks = Queue(4), threading.Event(), 40

        def produce():
            while not stop.is_set():
                items.put(1)
                time.sleep(0)

        calls = [Call(lambda: list(items)), Call(lambda: list(items)), Call(produce)]

        def child():
            items.drain()
            getting = Call(items.get, timeout=40)
            time.sleep(0.01)
            begun = time.monotonic()
            items.put(7)
            return getting.result() == 7 and time.monotonic() - begun < 20

        try:
            self.assertEqual([in_child(child) for _ in range(forks)], [0] * forks)
        finally:
            stop.set()
            calls[2].result()
            items.shutdown()

    def test_counters_and_caches_work_in_the_children_of_a_busy_parent(self):
        counts, counter, cache, stats = KeyedCounter(), Counter(), ExpiringCache(100), StatsDict()
        stop = threading.Event()

        def use(key):
            counts.inc(key)
            counter.inc(key)
            cache.put(key, 1)
            cache.get_or_load((key,), lambda: 2)
            stats[key] = cache.get(key)
            return stats[key] == 1 and counts[key] >= 1 <= counter[key]

        def work():
            while not stop.is_set():
                use("a")

        calls = [Call(work) for _ in range(3)]
        try:
            self.assertEqual([in_child(lambda: Call(use, "b").result() and use("a")) for _ in range(20)], [0] * 20)
        finally:
            stop.set()
        for call in calls:
            call.result()

    def test_a_child_loads_what_a_thread_of_its_parent_was_loading(self):
        cache, begun, go = ExpiringCache(10), threading.Event(), threading.Event()

        def load():
            begun.set()
            go.wait(LONG)
            return 1

        loading = Call(cache.get_or_load, "key", load)
        self.assertTrue(begun.wait(LONG))
        waiting = Call(cache.get_or_load, "key", load)
        waiting.assert_waits()
        for _ in range(2):  # a child changes nothing in its parent
            self.assertEqual(in_child(lambda: Call(cache.get_or_load, "key", lambda: 2).result() == 2), 0)
        go.set()
        self.assertEqual((loading.result(), waiting.result()), (1, 1))

    def test_a_load_that_forks_ends_in_both_processes(self):
        def load_once():
            cache, children, waiting = ExpiringCache(10), [], []

            def load():
                child = os.fork()
                if child == 0:
                    waiting.append(Call(cache.get_or_load, "key", lambda: 4))
                    waiting[0].assert_waits()
                else:
                    children.append(child)
                return 3

            is_right = cache.get_or_load("key", load) == 3
            if waiting:
                return is_right and waiting[0].result() == 3
            return is_right and os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]) == 0

        self.assertEqual(in_child(load_once), 0)

    def test_a_lock_that_a_thread_of_the_parent_is_woken_to_take_is_whole_in_the_child(self):
        comes, calls = [], []

        class Key:
            """When one is compared, another thread comes to wait for the same lock."""

            def __hash__(self):
                return 1

            def __lt__(self, other):
                return self == other

            def __eq__(self, other):
                if comes:
                    calls.append(Call(comes.pop(), Key()))
                    time.sleep(0.0001)  # not so long that the lock is handed over to it
                return False

        def meet():
            comes.append(use)
            use(Key())
            calls.pop().result()
            return True

        for use in (PriorityQueue().put, Counter().inc):
            use(Key())
            for _ in range(25):
                comes.append(use)
                use(Key())
                self.assertEqual(in_child(lambda: Call(meet).result()), 0)
                calls.pop().result()

    def test_items_go_with_the_child(self):
        for kind in ALL:
            items = kind()
            items.put_many([1, 2, 3])
            self.assertEqual(in_child(lambda: sorted(items.drain()) == [1, 2, 3]), 0)
            self.assertEqual(items.qsize(), 3)


IN_A_SUBINTERPRETER = """
import threading
from plait import *
from plait.queue import *
for make in Queue, LifoQueue, PriorityQueue, SimpleQueue:
    items = make()
    thread = threading.Thread(target=items.put_many, args=(range(300),))
    thread.start()
    assert sorted(items.get(timeout=20) for _ in range(300)) == list(range(300))
    thread.join()
    try: items.get_nowait()
    except Empty: pass
counts, counter, cache, stats = KeyedCounter("aab"), Counter(), ExpiringCache(10), StatsDict()
counter.inc("a")
assert cache.get_or_load((1, 2), lambda: 3) == 3 and counts["a"] == 2
stats[(1,)] = counts
lock = RWLock()
with lock.write(), lock.read(): pass
reports = []
report_lock_order(reports.append)
one, other = CheckedLock(), CheckedRLock()
def nest(first, second):
    with first, second: pass
for pair in (one, other), (other, one):
    thread = threading.Thread(target=nest, args=pair)
    thread.start()
    thread.join()
assert [report.problem for report in reports] == ["inversion"], reports
"""


class Subinterpreters(TestCase):
    def test_each_has_types_of_its_own_and_all_work_at_once(self):
        # From Python 3.12 on each of them has a GIL of its own.
        self.assert_program(
            f"""
            import sys, threading
            if sys.version_info >= (3, 13):
                import _interpreters as interpreters
            else:
                import _xxsubinterpreters as interpreters
            # Before 3.12 an isolated one has no threads.
            options = dict(isolated=False) if sys.version_info < (3, 12) else dict()
            import plait
            failures = []
            def run():
                for _ in range(3):
                    interpreter = interpreters.create(**options)
                    problem = interpreters.run_string(interpreter, {IN_A_SUBINTERPRETER!r})
                    if problem is not None: failures.append(problem)
                    interpreters.destroy(interpreter)
            threads = [threading.Thread(target=run) for _ in range(2)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            assert not failures, failures
            items = plait.queue.Queue()
            items.put("of the first interpreter")
            print(items.qsize())
            """,
            "1",
            timeout=120,
        )


class End(TestCase):
    def test_the_program_ends_while_daemon_threads_wait(self):
        self.assert_program(
            """
            import threading, time
            from plait.queue import *
            full, empty = Queue(1), PriorityQueue()
            full.put(1)
            threading.excepthook = lambda *_: None
            for call in (empty.get, full.join, lambda: full.put(2), lambda: empty.get(timeout=0.05)) * 3:
                threading.Thread(target=call, daemon=True).start()
            time.sleep(0.1)
            print("end")
            """,
            "end",
        )

    def test_the_program_ends_while_daemon_threads_hammer(self):
        self.assert_program(
            """
            import threading, time
            from plait.queue import *
            items, others = Queue(4), LifoQueue()
            def put():
                while True: items.put(object())
            def get():
                while True: items.get()
            def look():
                while True:
                    try: others.get(timeout=0.0001)
                    except Empty: pass
            for call in (put, get, look) * 3: threading.Thread(target=call, daemon=True).start()
            time.sleep(0.3)
            print("end")
            """,
            "end",
        )

    def test_a_queue_may_outlive_the_modules(self):
        self.assert_program(
            """
            import builtins
            from plait.queue import Queue
            class Late:
                def __init__(self): self.items = Queue()
                def __del__(self): self.items.put(1); assert self.items.get() == 1
            builtins.late = Late()
            items = Queue(); items.put(items); items.put(Late())
            print("end")
            """,
            "end",
        )


if __name__ == "__main__":
    unittest.main()
