# SPDX-License-Identifier: MIT
"""Under include/plait only the seam may name what the model checker and simulate/ have to replace.

The seam is detail/sync.hpp with its parts in detail/sync/, which nobody else includes: they are there on a real
machine only.

That is atomics, threads, locks, clocks and system calls; and, as compilers differ there, compiler
extensions. Everything else says plait::detail::sync. Locks' scoped helpers (std::lock_guard and the like) work
on any mutex, so they may be named.
"""

import re

import common

FORBIDDEN = [
    (r"std\s*::\s*(atomic\w*|memory_order\w*|kill_dependency)", "atomics come from plait::detail::sync"),
    (r"std\s*::\s*(recursive_|shared_|timed_|recursive_timed_|shared_timed_)?mutex\b", "mutexes come from plait::detail::sync"),
    (r"std\s*::\s*(condition_variable\w*|latch|barrier|\w+_semaphore)\b", "waiting is detail::event_count's"),
    (r"std\s*::\s*(once_flag|call_once|async|promise|future|shared_future|packaged_task)\b", "not through the seam"),
    (r"std\s*::\s*(thread|jthread|this_thread)\b", "threads and their identity come from plait::detail::sync"),
    (r"\bthread_local\b", "use sync::per_thread"),
    (r"\w+_clock\b|\bclock_gettime\b|\bgettimeofday\b|std\s*::\s*time\b", "the clock is sync::clock"),
    (r"(?<!sync::)\bfutex_\w+|\bFUTEX_\w+|\bsyscall\b|\bSYS_\w+|\bpthread_\w+|\bsched_\w+", "system calls are the seam's"),
    (r"\basm\b|\b_mm_\w+|\bvolatile\b|\b__(?!cpp_|has_)\w+", "compiler extensions are the seam's"),
    (r"#\s*include\s*<(atomic|thread|condition_variable|shared_mutex|semaphore|latch|barrier|future|ctime)>", "not through the seam"),
    (r"#\s*include\s*<(sys/|linux/)?\w+\.h>", "system headers are the seam's"),
    (r"#\s*include\s*<plait/detail/sync/", "include <plait/detail/sync.hpp>"),
    (r"#\s*define\b", "public headers define no macro"),
    (r"\bPLAIT_(MODEL|SIMULATE)\b", "structures do not know whether they are checked, or simulated"),
    (r"using\s+namespace\b", "hides what the seam forbids"),
]


def lint(root):
    for path in common.headers(root):
        if common.is_seam(root, path):
            continue
        code = common.code_of(path.read_text())
        for pattern, reason in FORBIDDEN:
            for match in re.finditer(pattern, code):
                where = f"{path.relative_to(root)}:{common.line_number(code, match.start())}"
                yield f"{where}: '{match[0]}': {reason}"


if __name__ == "__main__":
    common.main(lint)
