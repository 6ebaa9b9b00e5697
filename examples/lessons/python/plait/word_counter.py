# SPDX-License-Identifier: MIT
"""Threads count words into one counter. `counter[word] += 1` is a get and a set; inc() is one step."""

import threading

from plait import Counter

TEXTS = ["the cat and the dog", "the dog and a bird", "a cat"]
words = Counter()


def count(text):
    for word in text.split():
        words.inc(word)


threads = [threading.Thread(target=count, args=(text,)) for text in TEXTS for _ in range(100)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(f"{words.total()} words, the most common: {words.most_common(1)}")

# What happens to += when two threads meet: both get, and then both set.
read = words["cat"], words["cat"]
words["cat"] = read[0] + 1
words["cat"] = read[1] + 1
print(f"two threads added 1 to 200: {words['cat']}")
