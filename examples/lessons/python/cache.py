# SPDX-License-Identifier: MIT
"""An expiring cache by the rules of the tutorial's last program, with a clock that the program sets.

put: drop what has expired; while the cache is full, drop the oldest; then store. An ordinary lock is enough,
since no method that takes it calls another one that does.
"""

import threading
from collections import OrderedDict


class Cache:
    def __init__(self, max_size, expire_seconds):
        self.now = 0.0
        self.expired = []
        self.pushed_out = []
        self._max_size = max_size
        self._expire_seconds = expire_seconds
        self._entries = OrderedDict()  # key: (value, when it was put), the oldest first
        self._lock = threading.Lock()

    def put(self, key, value):
        with self._lock:
            old = [k for k, (_, when) in self._entries.items() if self.now - when > self._expire_seconds]
            for k in old:
                del self._entries[k]
            self.expired += old
            while len(self._entries) >= self._max_size:
                self.pushed_out.append(self._entries.popitem(last=False)[0])
            self._entries[key] = (value, self.now)

    def keys(self):
        with self._lock:
            return list(self._entries)


cache = Cache(max_size=2, expire_seconds=300)
cache.put("a", 1)
cache.put("b", 2)
cache.put("b", 3)
print(f"a, b and b again, in a cache for two: {cache.keys()} is left")

# Three workers put a new key every half second, ten times; five entries fit, which expire after two seconds.
cache = Cache(max_size=5, expire_seconds=2)
for step in range(10):
    cache.now = step * 0.5
    for worker in range(3):
        cache.put((worker, step), step)
print(f"expired: {len(cache.expired)}, pushed out by newer ones: {len(cache.pushed_out)}, left: {len(cache.keys())}")
