# SPDX-License-Identifier: MIT
"""The printers of what threads have of their own."""

from .values import number


class ThreadSpecific:
    """thread_specific: thread_values has a list, the youngest value first, and the total of those that were folded."""

    def __init__(self, value):
        values = value["values_"]
        self.size, self.first, self.total = int(values["size_"]), values["first_"], values["total_"]

    def to_string(self):
        return f"plait::thread_specific of {self.size} values{' and a total' if int(self.total) != 0 else ''}"

    def children(self):
        each, index = self.first, 0
        while int(each) != 0:
            yield f"[{index}]", self.held(each)
            each, index = each["next_"], index + 1
        if int(self.total) != 0:
            yield "total", self.held(self.total)

    def held(self, value):
        return value.cast(value.dynamic_type)["value"]


class HazardPointer:
    def __init__(self, value):
        self.record = value["record_"]

    def to_string(self):
        if int(self.record) == 0:
            return "plait::hazard_pointer, empty"
        protected = number(self.record["object_"])
        return f"plait::hazard_pointer protecting {f'{protected:#x}' if protected else 'nothing'}"
