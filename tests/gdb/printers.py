# SPDX-License-Identifier: MIT
"""Prints the structures of a program in gdb, and compares the output with their content.

    printers.py PRINTERS PROGRAM

Exit code 1: something was printed otherwise. Exit code 77: this machine does not let gdb start a program.
"""

import os
import re
import subprocess
import sys

NOT_ALLOWED = re.compile(r"ptrace: Operation not permitted|Could not trace the inferior|ptrace: Function not implemented")

# expression: what gdb prints, with … for anything
EXPECTED = {
    "bounded_empty": "plait::bounded_queue of size 0, capacity 3, open",
    "bounded": "plait::bounded_queue of size 3, capacity 3, open = {4, 5, 6}",
    "bounded_pointers": "plait::bounded_queue of size 1, capacity 2, open = {std::unique_ptr<int> = {get() = 0x…}}",
    "bounded_boxes": "plait::bounded_queue of size 1, capacity 2, closed = {{value = 8}}",
    "bounded_single": 'plait::bounded_queue of size 1, capacity 1, open = {"second"}',
    "unbounded": "plait::unbounded_queue of size 5, open = {995, 996, 997, 998, 999}",
    "unbounded_closed": 'plait::unbounded_queue of size 1, closed = {"left"}',
    "spsc": "plait::spsc_queue of size 3, capacity 3, closed = {4, 5, 6}",
    "lifo": "plait::lifo_queue of size 3, open = {3, 2, 1}",
    "lifo_bounded": "plait::lifo_queue of size 1, capacity 2, closed = {1}",
    "priority": "plait::priority_queue of size 2, capacity 4, open = "
                "{{priority = 1, value = 97 'a'}, {priority = 2, value = 98 'b'}}",
    "priority_in_use": "plait::priority_queue of size 4, open = {10, 20, 50, 40}",
    "relaxed": "plait::relaxed_priority_queue of size 2, open = {9, 9}",
    "counter": "plait::counter at 102",
    "counter_below_zero": "plait::counter at -5",
    "counter_unused": "plait::counter at 0",
    "words": 'plait::keyed_counter of 3 keys, total 5 = {["cat"] = 3, [""] = 1, ["a word that is not short"] = 1}',
    "pairs": "plait::keyed_counter of 2 keys, total 4 = "
             "{[{first = 1, second = 2}] = 3, [{first = 1, second = 1}] = 1}",
    "frequent": "plait::keyed_counter of 3 keys, at most 2 when read, total 152 = {[0] = 50, [1] = 41, [7] = 31}",
    "map": "plait::hash_map of 1 keys = {[5] = 109 'm'}",
    "map_of_strings": 'plait::hash_map of 1 keys = {["apples"] = 3}',
    "map_of_long_strings": 'plait::hash_map of 1 keys = {["apples, but those of last year are gone"] = 4}',
    "map_of_objects": 'plait::hash_map of 1 keys = {["apples"] = "five"}',
    "map_unused": "plait::hash_map of 0 keys",
    "map_of_thousands": "plait::hash_map of 5000 keys = {…}",
    "set": "plait::hash_set of 1 keys = {5}",
    "set_of_strings": 'plait::hash_set of 1 keys = {"apples"}',
    "stats": "plait::stats_map of 1 keys = {[6] = 115 's'}",
    "cache": "plait::expiring_cache of 1 entries, capacity 10 = {[7] = 99 'c'}",
    "cache_of_strings": 'plait::expiring_cache of 1 entries, capacity 10 = {["pears"] = "4"}',
    "cache_unused": "plait::expiring_cache of 0 entries, capacity 10",
    "cache_of_thousands": "plait::expiring_cache of 4000 entries, capacity 4000 = {…}",
    "mutex_free": "plait::mutex, free",
    "mutex_locked": "plait::mutex, locked",
    "recursive_locked": "plait::recursive_mutex, locked",
    "shared_free": "plait::shared_mutex, free",
    "shared_written": "plait::shared_mutex, locked by a writer",
    "guarded_number": "plait::synchronized_value = {mutex = plait::mutex, free, value = 7}",
    "checked_free": "plait::checked without a name = {mutex = plait::mutex, free}",
    "checked_locked": "plait::checked 'accounts', key -7 = {mutex = plait::mutex, locked}",
    "checked_rank": "plait::checked 'session', rank 10 = {mutex = plait::recursive_mutex, free}",
    "checked_leaf": "plait::checked 'log', a leaf = {mutex = …}",
    "unchecked": "plait::checked, not checked = {mutex = plait::mutex, locked}",
    "own_unused": "plait::thread_specific of 0 values",
    "own": 'plait::thread_specific of 2 values = {[0] = "of another thread", [1] = "of main"}',
    "own_folded": "plait::thread_specific of 1 values and a total = {[0] = 5, total = 37}",
    "guard_empty": "plait::hazard_pointer, empty",
    "guard": "plait::hazard_pointer protecting 0x…",
    "guard_of_nothing": "plait::hazard_pointer protecting nothing",
    "status": "busy",
    "(plait::conqueue_status)9": "unknown (9)",
}


def is_as_expected(answer, expected):
    return answer is not None and re.fullmatch(re.escape(expected).replace("…", ".+"), answer)


def main(printers, program):
    commands = [f"source {printers}", "set width 0", "set confirm off", "break stop_here", "run"]
    for expression in EXPECTED:
        commands += [f"echo PRINTED {expression}\\n", f"print {expression}"]
    # From standard input, where gdb continues after a command that fails.
    run = subprocess.run(["gdb", "-quiet", "-nx", program], input="\n".join([*commands, "kill", "quit"]) + "\n",
                         capture_output=True, text=True, env=os.environ | {"DEBUGINFOD_URLS": ""})
    output = run.stdout + run.stderr
    if NOT_ALLOWED.search(output):
        print(f"skipped: gdb may not trace a program here, so nothing was printed\n{output}")
        return 77
    answers = dict(re.findall(r"PRINTED (.*)\n(?:\(gdb\) )*\$\d+ = (.*)", run.stdout))
    wrong = [f"{expression} is '{answers.get(expression)}'; expected: {expected}"
             for expression, expected in EXPECTED.items() if not is_as_expected(answers.get(expression), expected)]
    print("\n".join([*wrong, "", "-- gdb:", output] if wrong else [f"{len(EXPECTED)} structures printed"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: printers.py PRINTERS PROGRAM")
    sys.exit(main(*sys.argv[1:]))
