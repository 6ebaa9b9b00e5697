# SPDX-License-Identifier: MIT
"""A hundred threads ask for what is not in the cache: with a plain cache all of them load it, with plait one does."""

import threading
import time

from plait import AtomicInt, cached

loads = AtomicInt()


def load(article):
    loads.add()
    time.sleep(0.2)  # the supplier thinks
    return len(article)


def ask_from_threads(ask):
    together = threading.Barrier(100)

    def wait_and_ask():
        together.wait()
        assert ask("tea") == 3

    threads = [threading.Thread(target=wait_and_ask) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return loads.exchange(0)


plain = {}


def look_and_load(article):
    if article not in plain:
        plain[article] = load(article)
    return plain[article]


print(f"a dictionary: loaded more than once: {ask_from_threads(look_and_load) > 1}")
print(f"@cached: loaded {ask_from_threads(cached(ttl=60)(load))} time(s)")
