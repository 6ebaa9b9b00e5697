# SPDX-License-Identifier: MIT
"""Each thread has a list of its own, and can still see them all."""

import threading

from plait import Local

seen = Local(list)
all_have_written = threading.Barrier(4)


def work(name):
    for number in range(3):
        seen.get().append(f"{name}{number}")
    all_have_written.wait()
    all_have_written.wait()


threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
for thread in threads:
    thread.start()
all_have_written.wait()
print(sorted(seen.values()))
all_have_written.wait()
for thread in threads:
    thread.join()
print(f"the main thread's own: {seen.get()}")
