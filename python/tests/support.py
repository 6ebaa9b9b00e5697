# SPDX-License-Identifier: MIT
"""What the tests share: a thread whose result is waited for, a program of its own, a child of fork()."""

import contextlib
import os
import subprocess
import sys
import textwrap
import threading
import time
import unittest
import warnings

HAS_GIL = getattr(sys, "_is_gil_enabled", lambda: True)()
# Without the GIL, CPython 3.13 may hand one of its own locks, that of a dict or of a variable of an enclosing function,
# to a thread that waits for it, just before fork(): in the child nobody has it, and nobody gives it back. So what
# threads share while others fork are objects of plait alone, given to functions as arguments; where a dict is needed,
# the test is left out.
shares_a_dict_with_a_child = unittest.skipUnless(HAS_GIL, "without the GIL, a dict may stay locked in such a child")

LONG = 60  # seconds: longer than any call here takes, on a busy machine too


class Call(threading.Thread):
    """A call in a thread of its own."""

    def __init__(self, function, *args, **kwargs):
        super().__init__(daemon=True)
        self._call = lambda: function(*args, **kwargs)
        self._result = self._error = None
        self.start()

    def run(self):
        try:
            self._result = self._call()
        except BaseException as error:  # whatever it is, result() raises it
            self._error = error

    def result(self):
        self.join(LONG)
        if self.is_alive():
            raise AssertionError("the call has not returned")
        if self._error is not None:
            raise self._error
        return self._result

    def assert_waits(self, seconds=0.05):
        self.join(seconds)
        if not self.is_alive():
            raise AssertionError("the call should wait, but has returned")


def run_program(code, *, interrupt_after=None, timeout=60):
    """Runs Python code in a process of its own: (exit code, output, seconds after the signal or the start).

    Ctrl-C comes that long after the program has printed `ready`.
    """
    import signal

    process = subprocess.Popen(
        [sys.executable, "-X", "faulthandler", "-u", "-c", textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # A shell's background commands, and what they start, ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    begun = time.monotonic()
    first = ""
    if interrupt_after is not None:
        first = process.stdout.readline()
        time.sleep(interrupt_after)
        process.send_signal(signal.SIGINT)
        begun = time.monotonic()
    try:
        rest, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        rest = (process.communicate()[0] or "") + "\n(killed: it did not end)"
    return process.returncode, first + rest, time.monotonic() - begun


def in_child(check):
    """0 if check() is true in a child of fork()."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # about threads
        child = os.fork()
    if child == 0:
        status = 2
        try:
            status = 0 if check() else 1
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


class TestCase(unittest.TestCase):
    def assert_program(self, code, expected=None, **options):
        """The program ends with exit code 0, and prints what is expected."""
        status, output, seconds = run_program(code, **options)
        self.assertEqual(status, 0, output)
        if expected is not None:
            self.assertEqual(output.split(), expected.split())
        return seconds

    @contextlib.contextmanager
    def assert_quick(self, seconds=LONG / 2):
        begun = time.monotonic()
        yield
        self.assertLess(time.monotonic() - begun, seconds)
