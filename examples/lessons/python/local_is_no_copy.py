# SPDX-License-Identifier: MIT
"""threading.local gives each thread an object of its own that is empty, not a copy."""

import threading

data = threading.local()
data.name = "main"


def work():
    try:
        print(f"another thread finds {data.name!r}")
    except AttributeError as error:
        print(f"another thread finds nothing: {type(error).__name__}")


thread = threading.Thread(target=work)
thread.start()
thread.join()
print(f"the main thread finds {data.name!r}")
