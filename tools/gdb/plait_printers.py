# SPDX-License-Identifier: MIT
"""Pretty-printers for gdb: what is in plait's structures, in the order in which it will come out.

    (gdb) source PREFIX/share/plait/gdb/plait_printers.py
    (gdb) print queue
    $1 = plait::bounded_queue of size 2, capacity 8, open = {1, 2}

A queue shows what its threads had finished when the program was stopped. An item that a thread was just then
pushing or popping is counted but not listed. `set print elements` limits how many are listed, as for arrays.

Each printer reads the private members of one structure and says in its docstring where it found their meaning;
tests/gdb fails when one of them has changed.
"""

import gdb
import gdb.printing

CLOSED_BIT = 1 << 63  # of lap_ring's tail and of a segment's claims


def leaf(value):
    """The scalar inside std::atomic, std::unique_ptr and similar classes: the first one, whatever its name."""
    value = value.cast(value.type.strip_typedefs())
    if value.type.code not in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION):
        return value
    for field in value.type.fields():
        if not hasattr(field, "bitpos") or field.type.sizeof == 0:
            continue  # static
        found = leaf(value[field])
        if found is not None:
            return found
    return None


def number(value):
    return int(leaf(value))


def element(item):
    """The value of a queue_item: itself or, for a T whose move may throw, what the box points to."""
    if str(item.type.strip_typedefs()).startswith("plait::detail::boxed<"):
        return leaf(item["value_"]).dereference()
    return item


def stored(storage):
    """The object in a sync::storage."""
    return element(storage["value_"])


class Queue:
    """The base of all queues' printers. A subclass sets size, capacity (None: no bound) and is_closed."""

    def __init__(self, value):
        self.name = plain_name(value)
        self.value = value
        self.store = value["items_"]["store_"]
        self.read(self.store)

    def to_string(self):
        capacity = "" if self.capacity is None else f", capacity {self.capacity}"
        return f"{self.name} of size {self.size}{capacity}, {'closed' if self.is_closed else 'open'}"

    def children(self):
        for index, item in enumerate(self.items()):
            yield f"[{index}]", item

    def display_hint(self):
        return "array"


class RingQueue(Queue):
    """ring_positions: a lap and the index of a slot in each position."""

    def read_positions(self, ring, head, tail):
        positions = ring["positions_"]
        self.mask, self.capacity = int(positions["mask_"]), int(positions["capacity_"])
        self.head, self.tail = head, tail
        laps = ((tail | self.mask) - (head | self.mask) & ~CLOSED_BIT) // (self.mask + 1)
        self.size = laps * self.capacity + (tail & self.mask) - (head & self.mask)

    def filled_slots(self):
        """(position, slot) from the head to the tail"""
        slots, at = leaf(self.store["slots_"]), self.head
        while at != self.tail:
            yield at, slots[at & self.mask]
            at += 1
            if at & self.mask == self.capacity:
                at = (at - self.capacity + self.mask + 1) & ~CLOSED_BIT


class BoundedQueue(RingQueue):
    """lap_ring: slots with stamps."""

    def read(self, ring):
        tail = number(ring["tail_"])
        self.is_closed = tail & CLOSED_BIT != 0
        self.read_positions(ring, number(ring["head_"]), tail & ~CLOSED_BIT)

    def items(self):
        for at, slot in self.filled_slots():
            if number(slot["stamp"]) == at + 1:  # filled
                yield stored(slot["item"])


class SpscQueue(RingQueue):
    """spsc_ring: a limit of 0 says that it is closed."""

    def read(self, ring):
        self.is_closed = number(ring["limit_"]) == 0
        self.read_positions(ring, number(ring["head_"]), number(ring["tail_"]))

    def items(self):
        for _, slot in self.filled_slots():
            yield stored(slot)


class UnboundedQueue(Queue):
    """segment_list: a list of segments, which are followed by groups of cells; the segment of size 0 ends a closed one."""

    capacity = None

    def read(self, segments):
        last = leaf(segments["tail_"]).dereference()
        while True:
            following = leaf(last["next"])
            if int(following) == 0 or int(following["size"]) == 0:
                break
            last = following.dereference()
        claims = number(last["claims"])
        self.is_closed = claims & CLOSED_BIT != 0 or int(following) != 0
        self.first = leaf(segments["head_"]).dereference()
        put = int(last["first"]) + (claims & ~CLOSED_BIT)
        self.size = put - int(self.first["first"]) - number(self.first["taken"])

    def items(self):
        segment = self.first
        group = gdb.lookup_type(f"plait::detail::cell_group<{segment.type.template_argument(0)} >").pointer()
        while int(segment["size"]) != 0:
            groups = (segment.address + 1).cast(group)
            lap = int(segment["lap"])
            for at in range(number(segment["taken"]), number(segment["claims"]) & ~CLOSED_BIT):
                cells = groups.dereference()["laps"].type.sizeof  # one byte each
                home = groups[at // cells]
                if number(leaf_array(home["laps"])[at % cells]) == lap:  # filled
                    yield stored(leaf_array(home["items"])[at % cells])
            following = leaf(segment["next"])
            if int(following) == 0:
                return
            segment = following.dereference()


def leaf_array(array):
    """The array inside a std::array."""
    return array[array.type.strip_typedefs().fields()[0]]


class GuardedQueue(Queue):
    """guarded_store: a word with counts, credit, inbox head, closed and lock; a container; an inbox of 15 nodes."""

    UNBOUNDED = (1 << 53) - 1
    LAST_POSITION = (1 << 54) - 1

    def read(self, store):
        word = number(store["word_"]["word_"])
        capacity = int(store["capacity_"])
        self.capacity = None if capacity == self.UNBOUNDED else capacity
        self.is_closed = word & 2 != 0
        self.newest = word >> 2 & 15
        self.size = (word >> 10) - number(store["gets_"]) & self.LAST_POSITION

    def newest_of_inbox(self):
        """Items that were left for the holder of the lock, the newest first."""
        name, nodes = self.newest, leaf_array(self.store["inbox_"]["nodes_"])
        while name != 0:
            yield stored(nodes[name - 1]["item"])
            name = int(nodes[name - 1]["successor"])

    def container(self):
        return self.store["items_"]["value_"]


def array_slots(array):
    """How many items an item_array has, and a pointer to the first."""
    return int(array["size_"]), leaf(array["items_"])


class LifoQueue(GuardedQueue):
    """item_stack: an array whose last item comes out first."""

    def items(self):
        yield from self.newest_of_inbox()
        size, slots = array_slots(self.container()["items_"])
        for index in reversed(range(size)):
            yield element(slots[index])


def heap_items(heap):
    """item_heap: the first is the smallest, the others are in heap order."""
    size, entries = array_slots(heap["entries_"])
    for index in range(size):
        yield element(entries[index]["item"])


class PriorityQueue(GuardedQueue):
    def items(self):
        yield from heap_items(self.container())
        yield from self.newest_of_inbox()


class RelaxedPriorityQueue(Queue):
    """heap_lanes: some heaps, each with a word of its own."""

    capacity = None

    def read(self, lanes):
        first, count = leaf(lanes["lanes_"]), int(lanes["count_"])
        self.lanes = [first[i] for i in range(count)]
        words = [number(lane["word"]["word_"]) for lane in self.lanes]
        self.is_closed = words[-1] & 2 != 0
        self.size = sum(word >> 2 for word in words) - sum(number(lane["gets"]) for lane in self.lanes)

    def items(self):
        for lane in self.lanes:
            yield from heap_items(lane["items"]["value_"])


def thread_slots(slots):
    """Each thread id's own object: chunk i has 2^i of them."""
    for index in range(slots["chunks_"].type.strip_typedefs().sizeof // gdb.lookup_type("long").sizeof):
        chunk = leaf(leaf_array(slots["chunks_"])[index])
        if int(chunk) != 0:
            for i in range(1 << index):
                yield chunk[i]


def signed(count):
    return (count + (1 << 63)) % (1 << 64) - (1 << 63)


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
        if str(key.type.strip_typedefs()) == "plait::detail::packed_string":
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


def plain_name(value):
    return str(value.type.strip_typedefs()).split("<")[0].removeprefix("const ")


def leaf_type(value):
    """The template argument of a std::atomic."""
    return value.type.strip_typedefs().template_argument(0).strip_typedefs()


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


def asleep(count):
    return f", {count} asleep" if count else ""


def vector(value):
    """The elements of a std::vector: of its three pointers the first two are begin and end."""
    begin = leaf(value)
    end = value.address.cast(begin.type.pointer())[1]
    while begin != end:
        yield begin.dereference()
        begin += 1


class PackedString:
    """packed_view: a size, and 12 characters or 4 and a pointer to all."""

    def __init__(self, value):
        self.view = value["text_"]

    def to_string(self):
        start = self.view["parts_"].address.cast(gdb.lookup_type("char").pointer())
        size = int(start.cast(gdb.lookup_type("unsigned int").pointer()).dereference())
        if size > 12:
            start = (start + 8).cast(gdb.lookup_type("char").pointer().pointer()).dereference()
        else:
            start += 4
        memory = gdb.selected_inferior().read_memory(int(start), size) if size else b""
        return bytes(memory).decode("utf-8", errors="backslashreplace")

    def display_hint(self):
        return "string"


class HazardPointer:
    def __init__(self, value):
        self.record = value["record_"]

    def to_string(self):
        if int(self.record) == 0:
            return "plait::hazard_pointer, empty"
        protected = number(self.record["object_"])
        return f"plait::hazard_pointer protecting {f'{protected:#x}' if protected else 'nothing'}"


class Status:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        names = {field.enumval: field.name.split("::")[-1] for field in self.value.type.strip_typedefs().fields()}
        return names.get(int(self.value), f"unknown ({int(self.value)})")


def printers():
    all_of_them = gdb.printing.RegexpCollectionPrettyPrinter("plait")
    for name, printer in {
        "bounded_queue": BoundedQueue, "unbounded_queue": UnboundedQueue, "spsc_queue": SpscQueue,
        "lifo_queue": LifoQueue, "priority_queue": PriorityQueue, "relaxed_priority_queue": RelaxedPriorityQueue,
        "keyed_counter": KeyedCounter, "hash_map": HashMap, "hash_set": HashSet,
        "stats_map": StatsMap, "expiring_cache": ExpiringCache, "synchronized_value": SynchronizedValue, "checked": Checked,
        "thread_specific": ThreadSpecific,
    }.items():
        all_of_them.add_printer(name, f"^plait::{name}<.*>$", printer)
    for name, printer in {
        "counter": Counter, "hazard_pointer": HazardPointer, "conqueue_status": Status,
        "detail::packed_string": PackedString, "mutex": Mutex, "recursive_mutex": RecursiveMutex,
        "shared_mutex": SharedMutex,
    }.items():
        all_of_them.add_printer(name, f"^plait::{name}$", printer)
    return all_of_them


gdb.printing.register_pretty_printer(gdb.current_objfile(), printers(), replace=True)
