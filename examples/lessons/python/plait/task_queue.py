# SPDX-License-Identifier: MIT
"""Two producers, three consumers and a queue for ten: nobody runs ahead, and nobody has to be told when to stop."""

import threading

from plait import KeyedCounter
from plait.queue import Queue

tasks = Queue(maxsize=10)
done = KeyedCounter()


def produce(name):
    for number in range(5):
        tasks.put(f"{name}{number}")  # waits while ten are there


def consume():
    for task in tasks:  # until the queue is shut down and drained
        done.inc(task[0])
        tasks.task_done()


producers = [threading.Thread(target=produce, args=(name,)) for name in "ab"]
consumers = [threading.Thread(target=consume) for _ in range(3)]
for thread in producers + consumers:
    thread.start()
for thread in producers:
    thread.join()
tasks.join()
print(f"done of a: {done['a']}, of b: {done['b']}, left: {tasks.unfinished_tasks}")
tasks.shutdown()
for thread in consumers:
    thread.join()
print("every thread has ended")
