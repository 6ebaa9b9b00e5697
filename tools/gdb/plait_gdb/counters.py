# SPDX-License-Identifier: MIT
"""The printers of counters, and of the short strings that one keeps."""

import gdb

from .values import leaf, leaf_array, number, signed, thread_slots, vector


class Counter:
    """counter: the sum of its cells, one for each thread id, less taken_. The cells belong to the process."""

    TABLES = "plait::detail::thread_slots<plait::detail::counter_cells::segment_table>"

    def __init__(self, value):
        self.value = value

    def to_string(self):
        return f"plait::counter at {self.load()}"

    def load(self):
        at = self.value["at_"]
        total = -number(self.value["taken_"])
        for table in self.tables():
            cells = leaf(leaf_array(table["segments"])[int(at["segment"])])
            if int(cells) != 0:
                total += number(cells[int(at["offset"])])
        return signed(total % (1 << 64))

    def tables(self):
        # Where per_process() keeps them; a program that never adds has no such object.
        name = f"plait::detail::sync::per_process<{self.TABLES} >()::room"
        try:
            place = gdb.parse_and_eval(f"(void*)&'{name}'")
        except gdb.error:
            return
        yield from thread_slots(place.cast(gdb.lookup_type(self.TABLES).pointer()).dereference())


class KeyedCounter:
    """keyed_counter: the counts in the common table and in those of the threads, added up key by key.

    With max_keys the common table has a space_saving beside it, and a count shown is the most that was added. Keys count
    as equal if gdb prints them alike.
    """

    def __init__(self, value):
        self.counts = {}  # printed key: [key, count]
        levels = value["counts_"]
        summary = leaf(levels["summary_"])
        self.max_keys, errors, floor, left = None, [], 0, 0
        if int(summary) != 0:
            summary = summary.dereference()
            self.max_keys, floor = int(summary["max_keys_"]), int(summary["floor_"])
            errors, left = list(vector(summary["errors_"])), int(summary["total_left_"])
        self.total = left
        for index, entry in enumerate(self.entries(levels["common_"]["counts"])):
            self.add(entry, int(errors[index]) if index < len(errors) else floor)
        for thread in thread_slots(levels["tables_"]):
            for entry in self.entries(thread["counts"]):
                self.add(entry, floor)

    def add(self, entry, error):
        """`error` is that of a key which has not been found before."""
        found = self.counts.setdefault(self.printed(entry["key"]), [entry["key"], error])
        found[1] += int(entry["count"])
        self.total += int(entry["count"])

    def entries(self, table):
        """counting_table: blocks of entries, each a std::vector."""
        for block in vector(table["blocks_"]):
            yield from vector(block)

    def printed(self, key):
        if str(key.type.strip_typedefs()).startswith("plait::detail::packed_string<"):
            return PackedString(key).to_string()
        return key.format_string(max_elements=0, repeat_threshold=0)

    def to_string(self):
        bound = "" if self.max_keys is None else f", at most {self.max_keys} when read"
        return f"plait::keyed_counter of {len(self.counts)} keys{bound}, total {signed(self.total % (1 << 64))}"

    def children(self):
        for index, (key, count) in enumerate(self.counts.values()):
            yield f"[{2 * index}]", key
            yield f"[{2 * index + 1}]", signed(count % (1 << 64))

    def display_hint(self):
        return "map"


class PackedString:
    """packed_string, or the packed_view in it: a byte for the size and the characters; or 255, seven bytes for the
    size, and a pointer to the characters."""

    def __init__(self, value):
        fields = [field.name for field in value.type.strip_typedefs().fields()]
        self.view = value["text_"] if "text_" in fields else value

    def to_string(self):
        start = self.view["words_"].address.cast(gdb.lookup_type("char").pointer())
        first = int(start.cast(gdb.lookup_type("unsigned long").pointer()).dereference())
        size = first & 255
        if size == 255:
            size = first >> 8
            start = (start + 8).cast(gdb.lookup_type("char").pointer().pointer()).dereference()
        else:
            start += 1
        memory = gdb.selected_inferior().read_memory(int(start), size) if size else b""
        return bytes(memory).decode("utf-8", errors="backslashreplace")

    def display_hint(self):
        return "string"
