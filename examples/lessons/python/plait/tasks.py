# SPDX-License-Identifier: MIT
"""A thread feeds a queue, and asyncio's tasks take from it: no thread waits for a task."""

import asyncio
import threading

from plait.queue import Queue, ShutDown

numbers = Queue(maxsize=4)


def produce():
    for number in range(1, 101):
        numbers.put(number)
    numbers.shutdown()


async def add():
    total = 0
    try:
        while True:
            total += await numbers.aget()
    except ShutDown:
        return total


async def main():
    thread = threading.Thread(target=produce)
    thread.start()
    sums = await asyncio.gather(*(add() for _ in range(3)))
    thread.join()
    print(f"three tasks have added up to {sum(sums)}")


asyncio.run(main())
