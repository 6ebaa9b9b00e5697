# SPDX-License-Identifier: MIT
"""Pretty-printers for gdb: what is in plait's structures, in the order in which it will come out.

    (gdb) source PREFIX/share/plait/gdb/plait_printers.py
    (gdb) print queue
    $1 = plait::bounded_queue of size 2, capacity 8, open = {1, 2}

A queue shows what its threads had finished when the program was stopped. An item that a thread was just then
pushing or popping is counted but not listed. `set print elements` limits how many are listed, as for arrays.

Each printer, in plait_gdb/, reads the private members of one structure and says in its docstring where it found their
meaning; tests/gdb fails when one of them has changed.
"""

import sys
from pathlib import Path

import gdb
import gdb.printing

sys.path.insert(0, str(Path(__file__).resolve().parent))

from plait_gdb import counters, locks, maps, queues, threads  # noqa: E402


def printers():
    all_of_them = gdb.printing.RegexpCollectionPrettyPrinter("plait")
    for name, printer in {
        "bounded_queue": queues.BoundedQueue, "unbounded_queue": queues.UnboundedQueue, "spsc_queue": queues.SpscQueue,
        "lifo_queue": queues.LifoQueue, "priority_queue": queues.PriorityQueue,
        "relaxed_priority_queue": queues.RelaxedPriorityQueue, "keyed_counter": counters.KeyedCounter,
        "hash_map": maps.HashMap, "hash_set": maps.HashSet, "stats_map": maps.StatsMap,
        "expiring_cache": maps.ExpiringCache, "synchronized_value": locks.SynchronizedValue, "checked": locks.Checked,
        "thread_specific": threads.ThreadSpecific, "detail::packed_string": counters.PackedString,
        "detail::packed_view": counters.PackedString,
    }.items():
        all_of_them.add_printer(name, f"^plait::{name}<.*>$", printer)
    for name, printer in {
        "counter": counters.Counter, "hazard_pointer": threads.HazardPointer, "conqueue_status": queues.Status,
        "mutex": locks.Mutex, "recursive_mutex": locks.RecursiveMutex, "shared_mutex": locks.SharedMutex,
    }.items():
        all_of_them.add_printer(name, f"^plait::{name}$", printer)
    return all_of_them


gdb.printing.register_pretty_printer(gdb.current_objfile(), printers(), replace=True)
