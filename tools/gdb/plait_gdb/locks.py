# SPDX-License-Identifier: MIT
"""The printers of locks, and of what they guard."""

from .values import number


class Mutex:
    """mutex: the table of its word."""

    def __init__(self, value):
        self.word = number(value["word_"])

    def to_string(self):
        state = "handed over to a sleeper" if self.word & 4 else "locked" if self.word & 1 else "free"
        return f"plait::mutex, {state}{asleep(self.word >> 3)}"


class RecursiveMutex:
    """recursive_mutex: a mutex and its owner."""

    def __init__(self, value):
        self.mutex = Mutex(value["mutex_"])

    def to_string(self):
        return self.mutex.to_string().replace("plait::mutex", "plait::recursive_mutex")


class SharedMutex:
    """shared_mutex: the table of its word. Readers in slots, while it is biased, are not counted there."""

    def __init__(self, value):
        self.word, self.is_biased = number(value["word_"]), number(value["bias_"]) == 0

    def to_string(self):
        readers = self.word >> 4 & (1 << 18) - 1
        holders = "locked by a writer" if self.word & 1 else f"shared by {readers}" if readers else "free"
        biased = ", readers in slots not counted" if self.is_biased else ""
        return f"plait::shared_mutex, {holders}{', a writer waits' if self.word & 4 else ''}{biased}"


class SynchronizedValue:
    """synchronized_value: shows the value whether its lock is held or not."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        return "plait::synchronized_value"

    def children(self):
        yield "mutex", self.value["mutex_"]
        yield "value", self.value["value_"]


class Checked:
    """checked: a mutex and a lock_identity; the unchecked one is its mutex."""

    RULES = {0: "", 1: ", rank {}", 2: ", key {}", 3: ", a leaf"}  # lock_rule

    def __init__(self, value):
        first = value.type.strip_typedefs().fields()[0]
        self.mutex = value[first]
        self.identity = None if first.is_base_class else value["identity_"]

    def to_string(self):
        if self.identity is None:
            return "plait::checked, not checked"
        name = self.identity["name"]
        named = f"'{name.string()}'" if int(name) != 0 else "without a name"
        return f"plait::checked {named}{self.RULES[int(self.identity['rule'])].format(int(self.identity['place']))}"

    def children(self):
        yield "mutex", self.mutex


def asleep(count):
    return f", {count} asleep" if count else ""
