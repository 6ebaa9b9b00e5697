# SPDX-License-Identifier: MIT
"""Four threads append to a collections.deque and pop from it: nothing is lost. One that iterates is interrupted."""

import threading
from collections import deque

THREADS, ROUNDS = 4, 50_000

items = deque()
popped = []


def work():
    count = 0
    for i in range(ROUNDS):
        items.append(i)
        if i % 2:
            items.popleft()
            count += 1
    popped.append(count)


threads = [threading.Thread(target=work) for _ in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(f"appended {THREADS * ROUNDS}, popped {sum(popped)}, left {len(items)}")

iterator = iter(items)
next(iterator)
changing = threading.Thread(target=items.popleft)
changing.start()
changing.join()
try:
    next(iterator)
except RuntimeError as error:
    print(f"iteration: {error}")
