# SPDX-License-Identifier: MIT
"""CPython's own tests of its queue module, from the installed package `test`, run against plait.queue.

LEFT_OUT names those that cannot hold, with the reason.
"""

import unittest

import test.test_queue as theirs

import plait.queue

LEFT_OUT = {}  # the name of a test: why it cannot hold


def pointed_at_plait(base, name):
    """A test case that runs the tests of `base` with `queue` being plait's."""
    members = {"queue": plait.queue, "__module__": __name__} | {test: None for test in LEFT_OUT}
    if issubclass(base, theirs.BaseSimpleQueueTest):

        def set_up(self):
            self.type2test = plait.queue.SimpleQueue
            theirs.BaseSimpleQueueTest.setUp(self)

        members["setUp"] = set_up
    bases = (base,) if issubclass(base, unittest.TestCase) else (base, unittest.TestCase)
    return type(name, bases, members)


QueueTest = pointed_at_plait(theirs.QueueTest, "QueueTest")
LifoQueueTest = pointed_at_plait(theirs.LifoQueueTest, "LifoQueueTest")
PriorityQueueTest = pointed_at_plait(theirs.PriorityQueueTest, "PriorityQueueTest")
FailingQueueTest = pointed_at_plait(theirs.FailingQueueTest, "FailingQueueTest")
SimpleQueueTest = pointed_at_plait(theirs.CSimpleQueueTest, "SimpleQueueTest")

if __name__ == "__main__":
    unittest.main()
