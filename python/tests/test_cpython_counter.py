# SPDX-License-Identifier: MIT
"""CPython's own tests of collections.Counter, from the installed package `test`, run against plait.Counter."""

import unittest
from unittest import mock

import test.test_collections as theirs

import plait


class CounterTest(theirs.TestCounter):
    def setUp(self):
        patch = mock.patch.object(theirs, "Counter", plait.Counter)
        patch.start()
        self.addCleanup(patch.stop)


if __name__ == "__main__":
    unittest.main()
