# SPDX-License-Identifier: MIT
"""Five threads increment a number without a lock: few times, as the tutorial's first program does, and many times."""

import threading

THREADS = 5


class UnsafeCounter:
    def __init__(self):
        self.value = 0

    def increment(self):
        seen = self.value
        total = seen + 1
        self.value = total


def lost(increments, together):
    counter = UnsafeCounter()
    ready = threading.Barrier(THREADS)

    def work():
        if together:  # otherwise the first may have finished before the second one starts
            ready.wait()
        for _ in range(increments):
            counter.increment()

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return THREADS * increments - counter.value


for how, together in ("one after the other", False), ("together", True):
    few = [lost(1_000, together) for _ in range(100)]
    print(f"1000 increments, started {how}: {sum(map(bool, few))} of 100 runs lost some, at most {max(few)} of 5000")
print(f"200000 increments, started together: lost {lost(200_000, True)} of 1000000")
