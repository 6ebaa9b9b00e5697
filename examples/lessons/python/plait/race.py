# SPDX-License-Identifier: MIT
"""Five threads count to a thousand each: a plain number loses what two add at once, an AtomicInt does not."""

import threading

from plait import AtomicInt

THREADS, EACH = 5, 1000


class Plain:
    value = 0


def in_threads(function):
    threads = [threading.Thread(target=function) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# The race, in steps that always meet: all threads read before any of them writes.
plain, everyone_has_read = Plain(), threading.Barrier(THREADS)


def add_in_two_steps():
    read = plain.value
    everyone_has_read.wait()
    plain.value = read + 1


in_threads(add_in_two_steps)
print(f"{THREADS} threads added 1 in two steps: {plain.value}")

number = AtomicInt()
in_threads(lambda: [number.add() for _ in range(EACH)])
print(f"{THREADS} threads added {EACH} in single steps: {number.get()}")
