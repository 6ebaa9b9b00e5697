# SPDX-License-Identifier: MIT
"""One thread takes a lock again and again; another asks for it now and then. How often is it overtaken?"""

import threading
import time

lock = threading.Lock()
taken = 0
stop = False


def take_again_and_again():
    global taken
    while not stop:
        with lock:
            taken += 1
            for _ in range(200):
                pass


greedy = threading.Thread(target=take_again_and_again)
greedy.start()
overtaken = []
for _ in range(20):
    time.sleep(0.001)
    before = taken
    with lock:
        overtaken.append(taken - before)
stop = True
greedy.join()
overtaken.sort()
print(f"while waiting for the lock, overtaken {overtaken[10]} times (median of 20), at most {overtaken[-1]}")
