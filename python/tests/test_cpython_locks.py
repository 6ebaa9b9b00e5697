# SPDX-License-Identifier: MIT
"""CPython's own tests of its locks, run with ours: all but what differs on purpose, each with the reason."""

import threading
import unittest
from test import lock_tests

from plait import CheckedLock, CheckedRLock, RWLock, report_lock_order


def setUpModule():
    report_lock_order("off")  # some of these tests deadlock on purpose, for a while


def tearDownModule():
    report_lock_order("log")


def without(suite, **reasons):
    """The suite without some tests, each of which must be there."""
    for name in reasons:
        getattr(suite, name)
    return type(suite.__name__, (suite,), dict.fromkeys(reasons))


def if_there(suite, **reasons):
    """Those of these tests that this version of Python has."""
    return {name: reason for name, reason in reasons.items() if hasattr(suite, name)}


ANOTHER_RELEASES = "another thread releases the lock, which only its holder may do"
REPR = "its repr() does not say whether it is locked"
NOT_LOCKED = "it has no locked()"
PRIVATE = "a private method that nothing but these tests uses"


class CheckedLockTests(
    without(
        lock_tests.LockTests,
        test_reacquire=ANOTHER_RELEASES,
        test_different_thread=ANOTHER_RELEASES,
        test_state_after_timeout=ANOTHER_RELEASES,
        test_repr=REPR,
        test_locked_repr=REPR,
        test_at_fork_reinit=PRIVATE,
    ),
    unittest.TestCase,
):
    locktype = staticmethod(CheckedLock)


class CheckedRLockTests(
    without(
        lock_tests.RLockTests,
        test_repr=REPR,
        test_locked_repr=REPR,
        test_recursion_count=PRIVATE,
        **if_there(lock_tests.RLockTests, test_repr_count=REPR),
    ),
    unittest.TestCase,
):
    locktype = staticmethod(CheckedRLock)


class WriterTests(
    without(
        lock_tests.RLockTests,
        test_repr=REPR,
        test_locked_repr=REPR,
        test_recursion_count=PRIVATE,
        test_release_save_unacquired=PRIVATE,
        test__is_owned=PRIVATE,
        **if_there(
            lock_tests.RLockTests,
            test_repr_count=REPR,
            test_locked=NOT_LOCKED,
            test_locked_with_2threads=NOT_LOCKED,
        ),
    ),
    unittest.TestCase,
):
    @staticmethod
    def locktype():
        return RWLock().write()


class ConditionTests(lock_tests.ConditionTests, unittest.TestCase):
    @staticmethod
    def condtype(lock=None):
        return threading.Condition(lock or CheckedRLock())


class ConditionOfPlainLockTests(
    without(lock_tests.ConditionTests, test_acquire="it takes its lock twice"), unittest.TestCase
):
    @staticmethod
    def condtype(lock=None):
        return threading.Condition(lock or CheckedLock())


if __name__ == "__main__":
    unittest.main()
