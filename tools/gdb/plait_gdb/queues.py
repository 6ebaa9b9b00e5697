# SPDX-License-Identifier: MIT
"""The printers of queues, and of what they answer."""

import gdb

from .values import element, leaf, leaf_array, number, plain_name, stored

CLOSED_BIT = 1 << 63  # of lap_ring's tail and of a segment's claims


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


class Status:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        names = {field.enumval: field.name.split("::")[-1] for field in self.value.type.strip_typedefs().fields()}
        return names.get(int(self.value), f"unknown ({int(self.value)})")
