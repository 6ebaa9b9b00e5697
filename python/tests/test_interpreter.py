# SPDX-License-Identifier: MIT
"""Signals, subinterpreters and the end of the interpreter, at a bad moment; and one without the GIL."""

import os
import subprocess
import sys
import sysconfig
import unittest

from support import TestCase


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


class WithoutGil(TestCase):
    @unittest.skipUnless(sysconfig.get_config_var("Py_GIL_DISABLED"), "this interpreter has a GIL")
    def test_importing_the_package_does_not_turn_it_on(self):
        imports = "import sys, plait, plait.queue, plait.aio, plait.bench, plait.tour"
        # The variable would keep it off, whatever is imported.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHON_GIL"}
        run = subprocess.run(
            [sys.executable, "-W", "error", "-c", f"{imports}; print(sys._is_gil_enabled())"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual((run.stdout, run.stderr), ("False\n", ""))


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

    def test_the_end_of_the_interpreter_may_wait(self):
        self.assert_program(
            """
            from plait.queue import Empty, Queue
            class Waiting:
                def __init__(self): self.items = Queue()
                def __del__(self):
                    try: self.items.get(timeout=0.01)
                    except Empty: print("waited")
            waiting = Waiting()
            print("end")
            """,
            "end waited",
            timeout=20,
        )


if __name__ == "__main__":
    unittest.main()
