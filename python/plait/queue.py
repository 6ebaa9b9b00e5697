# SPDX-License-Identifier: MIT
"""Python's queues, over plait's: `from plait.queue import Queue` is the whole change.

Signatures and exceptions are those of the module queue; shutdown() is there before Python 3.13 too. A put and a get
of a Queue or LifoQueue together take a twentieth to a thirtieth of the time. Beyond Python's: get_many(),
put_many(), drain(), peek(), clear(), snapshot(), close(), `for item in q`, which ends when the queue is shut down and
drained; and `await q.aget()`, `await q.aput(item)` and `await q.ajoin()` for tasks of asyncio, uvloop, trio and anyio.

A class that overrides _init(), _qsize(), _put() or _get(), and an object whose `mutex`, `not_empty`, `not_full`,
`all_tasks_done` or `queue` is used, or whose `maxsize` is set, works as with Python's module, and at its speed.
"""

from . import _awaiting
from ._core import LifoQueue, PriorityQueue, Queue, SimpleQueue
from ._standard import Empty, Full, ShutDown

_awaiting.teach(Queue)
_awaiting.teach(SimpleQueue)

__all__ = ["Empty", "Full", "LifoQueue", "PriorityQueue", "Queue", "ShutDown", "SimpleQueue"]
