# SPDX-License-Identifier: MIT
"""CPython's own tests of its locks, run with ours. Left out is what is different on purpose, with the reason."""

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


GIVEN_BACK_BY_ANOTHER = "only the thread that holds it may release it"
REPR = "it does not say whether it is locked"
PRIVATE = "an attribute that only tests use"

reinit = {"test_at_fork_reinit": PRIVATE}


class CheckedLockTests(
    without(
        lock_tests.LockTests,
        test_reacquire="its other thread releases the lock",
        test_different_thread=GIVEN_BACK_BY_ANOTHER,
        test_state_after_timeout="its other thread releases the lock",
        test_repr=REPR,
        test_locked_repr=REPR,
        **reinit,
    ),
    unittest.TestCase,
):
    locktype = staticmethod(CheckedLock)


if __name__ == "__main__":
    unittest.main()
