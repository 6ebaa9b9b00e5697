# SPDX-License-Identifier: MIT
"""What the printers read of a gdb.Value: scalars, and what lies in arrays, vectors and storages."""

import gdb


def plain_name(value):
    return str(value.type.strip_typedefs()).split("<")[0].removeprefix("const ")


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


def leaf_type(value):
    """The template argument of a std::atomic."""
    return value.type.strip_typedefs().template_argument(0).strip_typedefs()


def number(value):
    return int(leaf(value))


def signed(count):
    return (count + (1 << 63)) % (1 << 64) - (1 << 63)


def leaf_array(array):
    """The array inside a std::array."""
    return array[array.type.strip_typedefs().fields()[0]]


def vector(value):
    """The elements of a std::vector: of its three pointers the first two are begin and end."""
    begin = leaf(value)
    end = value.address.cast(begin.type.pointer())[1]
    while begin != end:
        yield begin.dereference()
        begin += 1


def element(item):
    """The value of a queue_item: itself or, for a T whose move may throw, what the box points to."""
    if str(item.type.strip_typedefs()).startswith("plait::detail::boxed<"):
        return leaf(item["value_"]).dereference()
    return item


def stored(storage):
    """The object in a sync::storage."""
    return element(storage["value_"])


def thread_slots(slots):
    """Each thread id's own object: chunk i has 2^i of them."""
    for index in range(slots["chunks_"].type.strip_typedefs().sizeof // gdb.lookup_type("long").sizeof):
        chunk = leaf(leaf_array(slots["chunks_"])[index])
        if int(chunk) != 0:
            for i in range(1 << index):
                yield chunk[i]
