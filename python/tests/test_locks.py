# SPDX-License-Identifier: MIT
"""RWLock: readers and writers, threads that take it again, signals, garbage collections and fork()."""

import functools
import gc
import threading
import time
import unittest
import weakref

from support import LONG, Call, TestCase, in_child

from plait import AtomicInt, CheckedLock, CheckedRLock, RWLock, lock_all


def takes(lock, *args, **kwargs):
    """Whether this thread can take it. It gives it back."""
    if not lock.acquire(*args, **kwargs):
        return False
    lock.release()
    return True


# These two are here for the reason that test_fork.py has.
def take_until(stop, *locks):
    while not stop.get():
        for lock in locks:
            with lock:
                pass


def take_in_a_child(*locks):
    for lock in locks:
        if lock.acquire(timeout=0.2):
            waiting = Call(takes, lock, timeout=10)
            waiting.assert_waits(0.01)
            lock.release()
            if not waiting.result():
                return False
    return True


class Readers(TestCase):
    def test_readers_are_together_and_a_writer_alone(self):
        lock, together = RWLock(), threading.Barrier(3)

        def read():
            with lock.read():
                together.wait(20)  # all three are inside
                together.wait(20)

        readers = [Call(read) for _ in range(2)]
        together.wait(20)
        self.assertFalse(lock.write().acquire(blocking=False))
        self.assertFalse(lock.write().acquire(timeout=0.01))
        writer = Call(takes, lock.write())
        writer.assert_waits()
        together.wait(20)
        for call in (*readers, writer):
            call.result()
        with lock.write():
            self.assertFalse(Call(lock.read().acquire, False).result())
            self.assertFalse(Call(lock.write().acquire, timeout=0.01).result())
        self.assertTrue(Call(takes, lock.read()).result())

    def test_a_writer_that_waits_keeps_new_readers_out_and_one_that_gives_up_lets_them_in(self):
        lock = RWLock()
        with lock.read():
            writer = Call(lock.write().acquire, timeout=1)
            writer.assert_waits()
            reader = Call(takes, lock.read())
            self.assertFalse(writer.result())
            self.assertTrue(reader.result())

    def test_nothing_is_lost_and_no_reader_sees_half(self):
        lock, each, threads = RWLock(), 500, 4
        values = [0, 0]

        def write():
            for _ in range(each):
                with lock.write():
                    values[0] += 1
                    time.sleep(0)  # others run now
                    values[1] += 1

        def read():
            for _ in range(each):
                with lock.read():
                    first = values[0]
                    time.sleep(0)
                    self.assertEqual(first, values[1])

        for call in [Call(work) for work in (write, read) * (threads // 2)]:
            call.result()
        self.assertEqual(values, [each * threads // 2] * 2)

    def test_what_is_often_read_is_written_too(self):
        # After some thousands of reads readers no longer touch the lock: a writer has to ask the threads.
        lock, inside = RWLock(), threading.Event()
        for _ in range(20000):
            with lock.read():
                pass
        go_on = threading.Event()

        def read():
            with lock.read():
                inside.set()
                go_on.wait(20)

        reader = Call(read)
        inside.wait(20)
        self.assertFalse(lock.write().acquire(timeout=0.05))
        writer = Call(takes, lock.write())
        writer.assert_waits()
        go_on.set()
        reader.result()
        self.assertTrue(writer.result())


class Again(TestCase):
    def test_a_thread_takes_again_what_it_has(self):
        lock = RWLock()
        with lock.read(), lock.read():
            waiting = Call(lock.write().acquire, timeout=1)
            waiting.assert_waits()
            with lock.read():  # although a writer waits
                pass
            waiting.result()
        with lock.write(), lock.write(), lock.read():
            self.assertFalse(Call(lock.read().acquire, False).result())
        self.assertTrue(Call(takes, lock.write(), False).result())

    def test_what_would_deadlock_is_an_exception(self):
        lock = RWLock()
        with lock.read(), self.assertRaisesRegex(RuntimeError, "reads under the RWLock already"):
            lock.write().acquire()
        with lock.write():
            pass

    def test_a_writer_becomes_a_reader(self):
        lock = RWLock()
        read, write = lock.read(), lock.write()
        write.acquire()
        read.acquire()
        write.release()
        self.assertTrue(Call(takes, lock.read(), False).result())
        self.assertFalse(Call(lock.write().acquire, False).result())
        read.release()
        self.assertTrue(Call(takes, lock.write(), False).result())

    def test_only_who_holds_it_gives_it_back(self):
        lock = RWLock()
        for side in (lock.read(), lock.write()):
            with self.assertRaises(RuntimeError):
                side.release()
        lock.read().acquire()
        for wrong in (lock.write().release, lambda: Call(lock.read().release).result()):
            with self.assertRaises(RuntimeError):
                wrong()
        lock.read().release()
        with self.assertRaises(RuntimeError):
            lock.read().release()

    def test_an_exception_gives_it_back(self):
        lock = RWLock()
        for side in (lock.read, lock.write):
            with self.assertRaises(ArithmeticError), side():
                raise ArithmeticError
        self.assertTrue(Call(takes, lock.write(), False).result())

    def test_arguments_are_those_of_threading(self):
        for lock in (RWLock().write(), RWLock().read(), CheckedLock(), CheckedRLock()):
            for wrong, error in (
                ((0, 1), ValueError),
                ((1, -2), ValueError),
                ((1, float("nan")), ValueError),
                ((1, threading.TIMEOUT_MAX + 1), OverflowError),
                ((1, "1"), TypeError),
                ((1, 2, 3), TypeError),
            ):
                with self.assertRaises(error, msg=wrong):
                    lock.acquire(*wrong)
            self.assertTrue(lock.acquire(timeout=threading.TIMEOUT_MAX))
            lock.release()

    def test_locks_of_all_kinds_are_taken_together(self):
        lock = RWLock()
        with lock_all(lock.write(), CheckedLock("one"), threading.Lock(), CheckedRLock("two")):
            self.assertFalse(Call(lock.read().acquire, False).result())
        self.assertTrue(Call(takes, lock.write(), False).result())


class Signals(TestCase):
    def test_ctrl_c_ends_every_wait_and_leaves_no_lock(self):
        for held, waited, arguments in (
            ("lock.write()", "lock.write()", ""),
            ("lock.read()", "lock.write()", "timeout=60"),
            ("lock.write()", "lock.read()", ""),
            ("checked", "checked", ""),
            ("again", "again", "timeout=60"),
        ):
            with self.subTest(f"{waited}, {arguments}"):
                seconds = self.assert_program(
                    f"""
                    import threading
                    from plait import *
                    lock, checked, again = RWLock(), CheckedLock(), CheckedRLock()
                    inside, go_on = threading.Event(), threading.Event()
                    def hold():
                        with {held}:
                            inside.set()
                            go_on.wait(30)
                    holder = threading.Thread(target=hold)
                    holder.start()
                    inside.wait(30)
                    try:
                        print("ready")
                        {waited}.acquire({arguments})
                    except KeyboardInterrupt:
                        print("interrupted")
                    go_on.set()
                    holder.join()
                    print({waited}.acquire(timeout=30))
                    """,
                    "ready interrupted True",
                    interrupt_after=0.3,
                )
                self.assertLess(seconds, 10)

    def test_a_handler_may_give_back_what_is_waited_for(self):
        self.assert_program(
            """
            import signal, threading
            from plait import RWLock
            first, second = RWLock(), RWLock()
            inside, go_on = threading.Event(), threading.Event()
            def hold():
                with second.write():
                    inside.set()
                    go_on.wait(30)
            holder = threading.Thread(target=hold)
            holder.start()
            inside.wait(30)
            signal.signal(signal.SIGALRM, lambda *_: (first.read().acquire(), go_on.set()))
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            with second.read():
                first.read().release()
            print("read")
            """,
            "read",
        )

    def test_a_handler_may_take_what_the_thread_has_just_taken(self):
        for lock in "rw.write()", "rw.read()", "again":
            self.assert_program(
                f"""
                import signal, sys, threading, time
                from plait import CheckedRLock, RWLock
                rw, again, inside = RWLock(), CheckedRLock(), threading.Event()
                def handle(*_):
                    with {lock}: print("handled")
                signal.signal(signal.SIGALRM, handle)
                def busy(seconds):
                    until = time.monotonic() + seconds
                    while time.monotonic() < until: pass
                def hold():
                    with rw.write(), again:
                        inside.set()
                        time.sleep(0.2)
                        sys.setswitchinterval(20)
                    signal.setitimer(signal.ITIMER_REAL, 0.2)
                    busy(0.5)  # the other thread takes the lock, gets the signal, and waits for the GIL
                    sys.setswitchinterval(0.005)
                holder = threading.Thread(target=hold)
                holder.start()
                inside.wait(30)
                with {lock}: print("taken")
                holder.join()
                """,
                timeout=30,
            )


class Objects(TestCase):
    def test_locks_are_dropped_with_their_last_reference(self):
        for make in (RWLock, CheckedLock, lambda: CheckedRLock("a"), lambda: RWLock().read()):
            lock = make()
            alive = weakref.ref(lock)
            del lock
            self.assertIsNone(alive())

    def test_a_lock_that_is_dropped_while_it_is_held_leaves_others_alone(self):
        for _ in range(200):
            for held in (RWLock().read(), RWLock().write(), CheckedLock(), CheckedRLock("b")):
                held.acquire()
                Call(held.acquire, False).result()
            fresh = RWLock()
            self.assertTrue(fresh.write().acquire(False))
            fresh.write().release()

    def test_cycles_through_a_lock_are_freed(self):
        for base in (RWLock, CheckedLock, CheckedRLock):
            kind = type("Kind", (base,), {})
            lock = kind()
            lock.itself = lock
            alive = weakref.ref(lock)
            del lock
            gc.collect()
            self.assertIsNone(alive())

    def test_a_lock_that_keeps_its_sides_is_freed(self):
        class Kept(RWLock):
            def __init__(self):
                self.reading, self.writing = self.read(), self.write()

        lock = Kept()
        with lock.reading:
            pass
        alive = weakref.ref(lock)
        del lock
        gc.collect()
        self.assertIsNone(alive())

    def test_collections_come_while_threads_wait(self):
        lock, stop = RWLock(), threading.Event()

        def work():
            for _ in range(300):
                with lock.write():
                    item = [lock]
                    item.append(item)
                with lock.read():
                    time.sleep(0)

        def collect():
            while not stop.is_set():
                gc.collect()
                time.sleep(0.001)

        storm, calls = Call(collect), [Call(work) for _ in range(3)]
        for call in calls:
            call.result()
        stop.set()
        storm.result()


class Fork(TestCase):
    def test_a_child_has_what_the_thread_that_forks_holds(self):
        lock = RWLock()

        def can(side):
            return Call(takes, side(), timeout=0.05).result()

        for side, others_read in ((lock.read, True), (lock.write, False)):
            with side():
                self.assertEqual(
                    in_child(lambda: not can(lock.write) and can(lock.read) == others_read and not side().release()),
                    0,
                )
                self.assertEqual(in_child(lambda side=side: not side().release() and can(lock.write)), 0)
        self.assertEqual(in_child(lambda: can(lock.write)), 0)

    def test_in_a_child_no_reader_and_no_writer_waits_that_is_not_there(self):
        often_read, lock = RWLock(), RWLock()
        for _ in range(20000):
            with often_read.read():
                pass
        inside, go_on = threading.Barrier(2), threading.Event()

        def read():
            with often_read.read(), lock.read():
                inside.wait(20)
                go_on.wait(20)

        reader = Call(read)
        inside.wait(20)
        writers = [Call(takes, each.write(), timeout=LONG) for each in (often_read, lock)]
        writers[0].assert_waits()
        try:
            for each in (often_read, lock):
                self.assertEqual(
                    in_child(
                        lambda each=each: Call(takes, each.read(), timeout=10).result()
                        and each.read().acquire(timeout=10)
                    ),
                    0,
                )
                self.assertEqual(in_child(lambda each=each: each.write().acquire(timeout=10)), 0)
        finally:
            go_on.set()
        reader.result()
        self.assertEqual([writer.result() for writer in writers], [True, True])

    def test_what_another_thread_wrote_under_stays_locked_in_a_child(self):
        for make in (lambda: RWLock().write(), CheckedLock, CheckedRLock):
            lock, inside, go_on = make(), threading.Event(), threading.Event()

            def hold(lock=lock, inside=inside, go_on=go_on):
                with lock:
                    inside.set()
                    go_on.wait(20)

            holder = Call(hold)
            inside.wait(20)
            waiting = Call(takes, lock)
            waiting.assert_waits()
            self.assertEqual(in_child(lambda lock=lock: not lock.acquire(timeout=0.1)), 0)
            go_on.set()
            holder.result()
            self.assertTrue(waiting.result())

    def test_children_of_a_busy_parent_use_the_locks(self):
        locks, stop = (RWLock().write(), CheckedLock("busy"), CheckedRLock("busier")), AtomicInt()
        calls = [Call(take_until, stop, *locks) for _ in range(3)]
        try:
            child = functools.partial(take_in_a_child, *locks)
            self.assertEqual([in_child(child) for _ in range(20)], [0] * 20)
        finally:
            stop.set(1)
        for call in calls:
            call.result()


if __name__ == "__main__":
    unittest.main()
