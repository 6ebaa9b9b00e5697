# SPDX-License-Identifier: MIT
"""Transfers between accounts take two locks, in either order, and none of them waits for ever."""

import threading

from plait import Guarded, lock_all

left, right = Guarded([100]), Guarded([100])


def transfer(source, target, times):
    for _ in range(times):
        with lock_all(source, target), source as one, target as other:
            one[0] -= 1
            other[0] += 1


threads = [
    threading.Thread(target=transfer, args=(left, right, 500)),
    threading.Thread(target=transfer, args=(right, left, 490)),
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(f"left {left.apply(lambda value: value[0])}, right {right.apply(lambda value: value[0])}")
