# SPDX-License-Identifier: MIT
"""How much of a short benchmark is starting its threads, and do the threads meet at all?"""

import queue
import threading
import time
from collections import deque

THREADS = 4


def run(put, get, puts, gets):
    """Microseconds from before the first thread starts until all have ended; and whether two of them overlapped."""
    spans = []

    def work():
        begin = time.perf_counter()
        for i in range(puts):
            put(i)
        for _ in range(gets):
            get()
        spans.append((begin, time.perf_counter()))

    begin = time.perf_counter()
    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - begin
    spans.sort()
    return took * 1e6, any(first[1] > second[0] for first, second in zip(spans, spans[1:]))


for name, put, get in ("queue", "put", "get_nowait"), ("deque", "append", "popleft"):
    full, none = [], []
    for _ in range(101):
        for runs, puts, gets in (full, 1000, 500), (none, 0, 0):
            structure = queue.Queue() if name == "queue" else deque()
            runs.append(run(getattr(structure, put), getattr(structure, get), puts, gets))
    took, starting = (sorted(microseconds for microseconds, _ in runs)[50] for runs in (full, none))
    met = sum(overlapped for _, overlapped in full)
    print(f"{name}: {took:.0f} us, without any operation {starting:.0f} us; threads met in {met} of 101 runs")
