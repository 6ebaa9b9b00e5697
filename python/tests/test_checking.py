# SPDX-License-Identifier: MIT
"""CheckedLock and CheckedRLock: which orders are reported, when and with what; and what else the locks do."""

import contextlib
import io
import threading
import unittest

from support import Call, TestCase, in_child

from plait import CheckedLock, CheckedRLock, LockOrderError, lock_all, report_lock_order


def first_order(one, other):
    with one, other:
        pass


def second_order(one, other):
    with other:
        one.acquire()
        one.release()


def in_thread(name, function, *args):
    """Runs it in a thread of its own, and returns what it raises."""
    raised = []

    def run():
        try:
            function(*args)
        except Exception as error:
            raised.append(error)

    thread = threading.Thread(target=run, name=name)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()
    return raised[0] if raised else None


class Checking(TestCase):
    def setUp(self):
        self.reports = []
        report_lock_order(self.reports.append)
        self.addCleanup(report_lock_order, "log")


class Orders(Checking):
    def test_an_inverted_order_is_reported_the_first_time_with_both_stacks(self):
        one, other = CheckedLock("first of two"), CheckedRLock("second of two")
        in_thread("a worker", first_order, one, other)
        self.assertEqual(self.reports, [])
        in_thread("another worker", second_order, one, other)
        (report,) = self.reports
        self.assertEqual((report.problem, report.certainty), ("inversion", "possible"))
        self.assertEqual(
            [(step.held, step.wanted, step.thread) for step in report.steps],
            [
                ("second of two", "first of two", "another worker"),
                ("first of two", "second of two", "a worker"),
            ],
        )
        for step, function in zip(report.steps, (second_order, first_order), strict=True):
            code = function.__code__
            self.assertRegex(step.stack[0], rf'^File "{code.co_filename}", line \d+ in {code.co_qualname}$')
            line = int(step.stack[0].split("line ")[1].split()[0])
            self.assertIn(line, range(code.co_firstlineno + 1, code.co_firstlineno + 3))
            self.assertTrue(any("Thread.run" in call for call in step.stack), step.stack)
        for part in ("first of two", "second_order", "first_order", "a worker", "another worker", "lock_all"):
            self.assertIn(part, str(report))
        in_thread("another worker", second_order, one, other)  # once is enough
        self.assertEqual(len(self.reports), 1)

    def test_it_can_be_raised_each_time_and_the_lock_is_not_taken(self):
        report_lock_order("raise")
        one, other = CheckedLock("raised: one"), CheckedLock("raised: other")
        self.assertIsNone(in_thread("a", first_order, one, other))
        for _ in range(2):
            error = in_thread("b", second_order, one, other)
            self.assertIsInstance(error, LockOrderError)
            self.assertEqual((error.report.problem, str(error)), ("inversion", str(error.report)))
            self.assertFalse(one.locked() or other.locked())

    def test_it_is_printed_at_the_beginning(self):
        report_lock_order("log")
        one, other = CheckedLock("printed: one"), CheckedLock("printed: other")
        with contextlib.redirect_stderr(io.StringIO()) as out:
            in_thread("a", first_order, one, other)
            self.assertEqual(out.getvalue(), "")
            in_thread("b", second_order, one, other)
        self.assertIn("'printed: one' is taken under 'printed: other'", out.getvalue())

    def test_it_can_be_turned_off(self):
        report_lock_order("off")
        one, other = CheckedLock("off: one"), CheckedLock("off: other")
        in_thread("a", first_order, one, other)
        in_thread("b", second_order, one, other)
        self.assertEqual(self.reports, [])
        with self.assertRaisesRegex(ValueError, "'sometimes'"):
            report_lock_order("sometimes")

    def test_a_function_that_raises_keeps_the_lock_from_being_taken(self):
        def stop(report):
            raise ArithmeticError

        report_lock_order(stop)
        one, other = CheckedLock("stopped: one"), CheckedLock("stopped: other")
        in_thread("a", first_order, one, other)
        self.assertIsInstance(in_thread("b", second_order, one, other), ArithmeticError)
        self.assertTrue(one.acquire(False))
        one.release()

    def test_a_function_may_use_checked_locks(self):
        one, other, mine = CheckedLock("used: one"), CheckedLock("used: other"), CheckedLock("used: mine")

        def note(report):
            with mine:
                self.reports.append(report)

        report_lock_order(note)
        in_thread("a", first_order, one, other)
        in_thread("b", second_order, one, other)
        self.assertEqual(len(self.reports), 1)

    def test_locks_of_one_name_are_one_class(self):
        in_thread("a", first_order, CheckedLock("class: one"), CheckedLock("class: other"))
        in_thread("b", second_order, CheckedLock("class: one"), CheckedLock("class: other"))
        in_thread("c", first_order, CheckedLock("class: same"), CheckedLock("class: same"))
        self.assertEqual([report.problem for report in self.reports], ["inversion", "same_class"])
        self.assertIn("no order", str(self.reports[1]))

    def test_locks_without_a_name_are_classes_of_their_own(self):
        one, other = CheckedLock(), CheckedLock(None)
        in_thread("a", first_order, one, other)
        in_thread("b", second_order, CheckedLock(), CheckedLock())
        self.assertEqual((self.reports, one.name, CheckedRLock("x").name), ([], None, "x"))
        in_thread("b", second_order, one, other)
        self.assertEqual([report.problem for report in self.reports], ["inversion"])

    def test_circles_of_three_are_found(self):
        a, b, c = (CheckedLock(f"circle: {name}") for name in "abc")
        for pair in ((a, b), (b, c), (c, a)):
            self.assertEqual(self.reports, [])
            in_thread("", first_order, *pair)
        self.assertEqual(len(self.reports[0].steps), 3)

    def test_what_cannot_hang_is_not_reported(self):
        one, other = CheckedLock("alone: one"), CheckedLock("alone: other")
        first_order(one, other)
        second_order(one, other)  # by one and the same thread
        tried, waited = CheckedLock("tried: one"), CheckedLock("tried: other")
        in_thread("a", first_order, tried, waited)

        def give_up():
            with waited:
                if tried.acquire(timeout=1):
                    tried.release()

        in_thread("b", give_up)
        again = CheckedRLock("again")
        with again, again, lock_all(CheckedLock("all: x"), CheckedLock("all: y")):
            pass
        self.assertEqual(self.reports, [])

    def test_threads_that_wait_for_each_other_are_told(self):
        report_lock_order("raise")
        # Each alone has an order of its own, as locks without a name do: only the circle itself is seen.
        one, other, met = CheckedLock(), CheckedLock(), threading.Barrier(2)
        errors = []

        def work(mine, theirs):
            with mine:
                met.wait(20)
                try:
                    with theirs:
                        pass
                except LockOrderError as error:
                    errors.append(error.report)

        for call in [Call(work, one, other), Call(work, other, one)]:
            call.result()
        self.assertTrue(errors)
        self.assertIn(errors[0].problem, ("deadlock", "inversion"))

    def test_a_thread_that_waits_for_itself_is_told(self):
        report_lock_order("raise")
        lock = CheckedLock("myself")
        with lock, self.assertRaisesRegex(LockOrderError, "holds itself") as caught:
            lock.acquire()
        self.assertEqual(caught.exception.report.certainty, "certain")
        self.assertFalse(lock.locked())

    def test_a_child_of_fork_goes_on_checking(self):
        one, other = CheckedLock("forked: one"), CheckedLock("forked: other")
        in_thread("a", first_order, one, other)

        def child():
            in_thread("b", second_order, one, other)
            return len(self.reports) == 1

        self.assertEqual(in_child(child), 0)
        self.assertEqual(self.reports, [])


class Locks(Checking):
    def test_only_who_holds_it_gives_it_back(self):
        for lock in (CheckedLock("mine"), CheckedRLock("mine too")):
            with self.assertRaisesRegex(RuntimeError, "does not hold it"):
                lock.release()
            with lock:
                self.assertTrue(lock.locked())
                with self.assertRaisesRegex(RuntimeError, "does not hold it"):
                    Call(lock.release).result()
                self.assertTrue(lock.locked())
            self.assertFalse(lock.locked())

    def test_conditions_wait_with_them(self):
        for make in (CheckedLock, CheckedRLock):
            condition, items = threading.Condition(make("condition")), []

            def get(condition=condition, items=items):
                with condition:
                    condition.wait_for(lambda: items, 20)
                    return items.pop()

            waiting = Call(get)
            waiting.assert_waits()
            with condition:
                items.append(7)
                condition.notify()
            self.assertEqual(waiting.result(), 7)
        again = threading.Condition(CheckedRLock("twice"))
        with again, again:
            self.assertFalse(again.wait(0.01))
            self.assertFalse(Call(again.acquire, False).result())
        self.assertTrue(Call(lambda: again.acquire(False) and not again.release()).result())

    def test_a_thread_that_ends_with_one_is_reported(self):
        self.assert_program(
            """
            import os, threading, time
            from plait import CheckedLock
            lock = CheckedLock("kept")
            thread = threading.Thread(target=lock.acquire)
            thread.start()
            thread.join()
            while len(os.listdir("/proc/self/task")) > 1:  # the system's thread ends later than Python's
                time.sleep(0.01)
            """,
            "plait: a thread ends that holds 'kept'",
        )


if __name__ == "__main__":
    unittest.main()
