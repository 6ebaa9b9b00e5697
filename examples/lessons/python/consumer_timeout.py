# SPDX-License-Identifier: MIT
"""Consumers that end when nothing comes for a while, and a producer that took a little longer."""

import queue
import threading

tasks = queue.Queue()


def consume():
    while True:
        try:
            tasks.get(timeout=0.05)
        except queue.Empty:
            return
        tasks.task_done()


consumers = [threading.Thread(target=consume) for _ in range(3)]
for consumer in consumers:
    consumer.start()
for consumer in consumers:
    consumer.join()  # the producer is slow: it begins when the last consumer has given up
tasks.put("the task")
print("every thread has ended")
print(f"tasks that nobody has done: {tasks.unfinished_tasks}")
