# SPDX-License-Identifier: MIT
"""The printers of maps, sets and caches."""

import gdb

from .values import leaf, leaf_array, leaf_type, number, plain_name


class HashMap:
    """hash_map, in the order of the table: map_entries, map_table, map_directory, map_segment (segment_ref), map_block,
    block_tags, map_slot."""

    DEPTH_MASK = 63  # of the directory's root, beside the address of a cache line
    LOG_MASK = 31  # of a segment_ref: of how many homes, beside the address of the first

    def __init__(self, value):
        self.read(value, value["entries_"])

    def read(self, value, entries):
        """`entries` has the table of what is in `value`."""
        self.name = plain_name(value)
        self.directory = entries["table_"]["directory_"]
        self.entries = list(self.find())

    def find(self):
        root = number(self.directory["root_"])
        refs = gdb.Value(root & ~self.DEPTH_MASK).cast(self.directory["own_entry_"].type.pointer())
        block = leaf_type(self.directory["own_entry_"]).template_argument(0)
        last = 0
        for index in range(1 << (root & self.DEPTH_MASK)):
            bits = number(refs[index])
            if bits not in (0, last):
                blocks = gdb.Value(bits & ~self.LOG_MASK).cast(block.pointer())
                for home in range(1 << (bits & self.LOG_MASK)):
                    yield from self.in_chain(blocks[home].address)
            last = bits

    def in_chain(self, block):
        while int(block) != 0:
            taken = (number(block["tags_"]).bit_length() + 7) // 8
            for index in range(taken):
                yield self.in_slot(leaf_array(block["slots_"])[index])
            block = leaf(block["overflow_"])

    def in_slot(self, slot):
        fields = [field.name for field in slot.type.strip_typedefs().fields()]
        if "entry_" in fields:
            entry = slot["entry_"]["value_"]
            return entry["key"], entry["value"]
        own = slot.type.strip_typedefs()
        if own.fields()[0].is_base_class:  # a string_slot is a word_slot
            own = own.fields()[0].type.strip_typedefs()
        key, mapped = own.template_argument(0), own.template_argument(1)
        alignment = min(mapped.alignof, 8)
        value_at = -(-key.sizeof // alignment) * alignment
        words = slot["words_"].address.cast(gdb.lookup_type("char").pointer())
        return words.cast(key.pointer()).dereference(), (words + value_at).cast(mapped.pointer()).dereference()

    def to_string(self):
        return f"{self.name} of {len(self.entries)} keys"

    def children(self):
        for index, (key, mapped) in enumerate(self.entries):
            yield f"[{2 * index}]", key
            yield f"[{2 * index + 1}]", mapped

    def display_hint(self):
        return "map"


class HashSet(HashMap):
    """hash_set: the keys of map_entries, whose values are empty."""

    def children(self):
        for index, (key, _) in enumerate(self.entries):
            yield f"[{index}]", key

    def display_hint(self):
        return "array"


class StatsMap(HashMap):
    """stats_map: map_entries like those of a hash_map. The counts beside the slots are not shown."""


class ExpiringCache(HashMap):
    """expiring_cache: cache_core, shard_array, and shard_entries of each shard, whose index is a hash_map's table of
    numbers, and entry_slots. What has expired and has not left yet is listed, too."""

    FIRST_SIZE = 64  # of the pieces of entry_slots

    def __init__(self, value):
        core = value["core_"]
        self.capacity = int(core["shape_"]["capacity_"])
        shards, found = core["shards_"], []
        for index in range(int(shards["count_"])):
            entries = shards["shards_"][index]["entries_"]
            self.pieces = leaf_array(entries["slots_"]["pieces_"])
            self.directory = entries["index_"]["directory_"]
            found += [(key, cached["value"]) for key, cached in self.find()]
        self.name, self.entries = plain_name(value), found

    def in_slot(self, slot):
        at = number(slot["listed_"])
        doublings = (at // self.FIRST_SIZE).bit_length()
        piece, offset = 0, at
        if doublings != 0:
            before = self.FIRST_SIZE << doublings - 1
            piece, offset = 4 * doublings - 3 + (at - before) // (before // 4), (at - before) % (before // 4)
        return super().in_slot(leaf(self.pieces[piece])[offset])

    def to_string(self):
        return f"{self.name} of {len(self.entries)} entries, capacity {self.capacity}"
