# SPDX-License-Identifier: MIT
"""The same items out of three kinds of queue."""

from plait.queue import LifoQueue, PriorityQueue, Queue

for kind in Queue, LifoQueue, PriorityQueue:
    items = kind()
    items.put_many([(2, "soon"), (3, "later"), (1, "now")])
    items.close()
    print(kind.__name__ + ":", *(word for _, word in items))
