# SPDX-License-Identifier: MIT
"""plait's queues under the names that janus and culsans share, for their own tests."""

import asyncio
import threading

from plait import queue
from plait.aio import AsyncView
from plait.queue import Empty as SyncQueueEmpty
from plait.queue import Full as SyncQueueFull
from plait.queue import ShutDown as SyncQueueShutDown

AsyncQueueEmpty = asyncio.QueueEmpty
AsyncQueueFull = asyncio.QueueFull
AsyncQueueShutDown = SyncQueueShutDown

__all__ = [
    "AsyncQueueEmpty",
    "AsyncQueueFull",
    "AsyncQueueShutDown",
    "LifoQueue",
    "PriorityQueue",
    "Queue",
    "SyncQueueEmpty",
    "SyncQueueFull",
    "SyncQueueShutDown",
]


class _Tasks(AsyncView):
    """With the attributes that the two packages have besides asyncio's."""

    closed = is_shutdown = property(lambda self: self.sync_q.is_shutdown)
    unfinished_tasks = property(lambda self: self.sync_q.unfinished_tasks)
    wrapped = property(lambda self: self.sync_q)


class _Both:
    _sync_mutex = threading.Lock()  # of janus, whose tests look at these three
    _parent = property(lambda self: self)
    _maxsize = property(lambda self: self.maxsize, lambda self, bound: setattr(self, "maxsize", bound))

    wrapped = property(lambda self: self)
    async_q = property(_Tasks)
    closed = property(lambda self: self.is_shutdown)

    def close(self):
        self.shutdown(immediate=True)

    async def wait_closed(self):
        if not self.is_shutdown:
            raise RuntimeError("Waiting for non-closed queue")

    async def aclose(self):
        self.close()


class Queue(_Both, queue.Queue):
    pass


class LifoQueue(_Both, queue.LifoQueue):
    pass


class PriorityQueue(_Both, queue.PriorityQueue):
    pass
