# SPDX-License-Identifier: MIT
"""What CheckedLock and CheckedRLock report: orders of locks that can deadlock, before anything hangs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from . import _core

_WHAT = {
    "deadlock": ("{n} threads wait for each other, in a circle", "order"),
    "relock": ("a thread waits for {wanted!r}, which it holds itself", "split"),
    "inversion": ("{wanted!r} is taken under {held!r}, and was seen to come before it: a possible deadlock", "order"),
    "same_class": ("two locks of the class {wanted!r} are taken one under the other, in no order", "class"),
    "held_at_exit": ("a thread ends that holds {wanted!r}", "with"),
    "other": ("{wanted!r} is taken against its rules", "order"),
}
_ADVICE = {
    "order": "Take these locks in one order everywhere, or all at once with plait.lock_all().",
    "split": "Use a CheckedRLock, or split the function in two: one that takes the lock, and one for those who hold it.",
    "class": "Take them all at once with plait.lock_all(), or give them names of their own.",
    "with": "Let the thread that takes it give it back: with lock: ...",
}


@dataclass(frozen=True)
class LockOrderStep:
    """A lock taken while another was held."""

    held: str
    wanted: str
    thread: str  #: the name that threading knows
    stack: tuple[str, ...]  #: the innermost call first


@dataclass(frozen=True)
class LockOrderReport:
    """What is wrong. The calling thread's step is the first; the others, those that it clashes with, lead from one
    lock to the next and back to the first. str() is all of it, for people."""

    problem: Literal["deadlock", "relock", "inversion", "same_class", "held_at_exit", "other"]
    certainty: Literal["certain", "possible", "unlikely"]  #: certain: it hangs now
    steps: tuple[LockOrderStep, ...]

    def __str__(self) -> str:
        first = self.steps[0]
        sentence, advice = _WHAT[self.problem]
        lines = ["plait: " + sentence.format(n=len(self.steps), wanted=first.wanted, held=first.held)]
        for number, step in enumerate(self.steps, 1):
            now = ", now" if number == 1 else ""
            held = f" while it holds {step.held!r}" if step.held else ""
            lines.append(f"  {number}. thread {step.thread!r}{now}: {step.wanted!r}{held}, most recent call first")
            lines += [f"       {call}" for call in step.stack]
        return "\n".join([*lines, "  " + _ADVICE[advice]])


class LockOrderError(RuntimeError):
    """Raised instead of waiting for a lock; it is not taken. `report` says why."""

    def __init__(self, report: LockOrderReport) -> None:
        super().__init__(str(report))
        self.report = report


def _log(report: LockOrderReport) -> None:
    print(report, file=sys.stderr, flush=True)


def _raise(report: LockOrderReport) -> None:
    raise LockOrderError(report)


_listener: Callable[[LockOrderReport], object] = _log


def report_lock_order(to: Literal["off", "log", "raise"] | Callable[[LockOrderReport], object]) -> None:
    """Says what becomes of reports: "log" prints them to sys.stderr, as at the beginning; "raise" raises
    LockOrderError in the thread that is about to take the lock; a function is called with each of them, in that
    thread, and if it raises, the lock is not taken; "off": nothing is checked.

    A problem is reported once, and with "raise" each time. Whether anything is checked, and whether to raise, holds
    for the process; the function for this interpreter. Never waits. Any thread may call it at any time.
    """
    global _listener
    if callable(to):
        _core.set_lock_order_mode("log")
        _listener = to
        return
    _core.set_lock_order_mode(to)
    _listener = _raise if to == "raise" else _log


def _tell(problem: str, certainty: str, steps: list[tuple[str, str, str, list[str]]]) -> None:
    """Called by the checks. What it raises goes to whoever takes the lock."""
    _listener(
        LockOrderReport(
            problem,  # type: ignore[arg-type]  # one of those
            certainty,  # type: ignore[arg-type]  # as above
            tuple(LockOrderStep(held, wanted, thread, tuple(stack)) for held, wanted, thread, stack in steps),
        )
    )


_core.tell_lock_order(_tell)
