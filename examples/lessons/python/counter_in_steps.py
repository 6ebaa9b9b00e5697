# SPDX-License-Identifier: MIT
"""`counter[word] += 1` reads, adds and writes. Here another thread counts between the read and the write, every time.

The word's own __hash__ makes the moment certain: Python calls it once to read the count and once to write it.
"""

import threading
from collections import Counter

counter = Counter()


class Word(str):
    hashes = 0

    def __hash__(self):
        Word.hashes += 1
        if Word.hashes == 2:  # the count has been read and not yet written
            other = threading.Thread(target=count, args=("word",))
            other.start()
            other.join()
        return str.__hash__(self)


def count(word):
    counter[word] += 1
    print(f"counted: {word}")


count(Word("word"))
print(f"the counter says {counter['word']}")
