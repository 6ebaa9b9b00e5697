# SPDX-License-Identifier: MIT
"""Four threads count words in one collections.Counter: one word again and again, and words that are new."""

import threading
from collections import Counter

THREADS = 4


def lost(words):
    counter = Counter()
    ready = threading.Barrier(THREADS)

    def work():
        ready.wait()
        for word in words:
            counter[word] += 1

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return THREADS * len(words) - sum(counter.values())


new_words = [f"word {i}" for i in range(100_000)]
print(f"one word: lost {lost(['word'] * 100_000)} of 400000")
print(f"100000 words, five times: lost {sum(lost(new_words) for _ in range(5))} of 2000000")
