# SPDX-License-Identifier: MIT
"""A dictionary that knows how it is used."""

import threading

from plait import StatsDict

prices = StatsDict()


def put(shop):
    for article in range(3):
        prices[(shop, article)] = 10 * shop + article


def get():
    for shop in range(4):
        prices.get((shop, 0))


for function, arguments in [(put, [(shop,) for shop in range(3)]), (get, [()] * 5)]:
    threads = [threading.Thread(target=function, args=each) for each in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
print(prices.stats())
print(f"{len(prices)} prices; that of (1, 0) was read and set {prices.accesses((1, 0))} times")
