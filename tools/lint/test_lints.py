# SPDX-License-Identifier: MIT
"""Each lint is shown violations it has to find, and good code it has to leave alone."""

import tempfile
import textwrap
import unittest
from pathlib import Path

import files
import layers
import mirror
import orders
import seam
import snippets


class LintTest(unittest.TestCase):
    def run_lint(self, lint, files):
        """The lint's messages for a repository of these files."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for name, text in files.items():
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(textwrap.dedent(text))
            return list(lint.lint(root))

    def finds(self, lint, files, *expected):
        messages = "\n".join(self.run_lint(lint, files=files))
        for text in expected:
            self.assertIn(text, messages)

    def accepts(self, lint, files):
        self.assertEqual(self.run_lint(lint, files=files), [])


class Seam(LintTest):
    def header(self, text):
        return {"include/plait/thing.hpp": text}

    def test_each_forbidden_name_is_found(self):
        for text in (
            "std::atomic<int> a;", "std :: atomic_ref<int> a(b);", "std::memory_order_relaxed", "std::mutex m;",
            "std::recursive_timed_mutex m;", "std::shared_mutex m;", "std::condition_variable_any c;",
            "std::binary_semaphore s;", "std::this_thread::yield();", "std::jthread t;", "thread_local int x;",
            "std::chrono::steady_clock::now();", "using std::chrono::system_clock;", "clock_gettime(0, &t);",
            "futex_wait(x);", "syscall(1);", "pthread_self();", "sched_yield();", "asm(\"\");", "volatile int x;",
            "__builtin_expect(a, b);", "_mm_pause();", "#include <atomic>",
            "#include <sys/syscall.h>", "#include <plait/detail/sync/futex.hpp>", "#define X 1", "#if PLAIT_MODEL", "using namespace std;",
        ):
            with self.subTest(text):
                self.finds(seam, self.header(f"int before;\n{text}\n"), "include/plait/thing.hpp:2:")

    def test_the_seam_itself_and_other_folders_are_free(self):
        self.accepts(seam, {"include/plait/detail/sync.hpp": "std::atomic<int> a;", "bench/x.hpp": "std::mutex m;"})
        self.accepts(seam, {"include/plait/detail/sync/futex.hpp": "syscall(1);"})

    def test_comments_literals_and_the_seam_s_names_are_fine(self):
        self.accepts(seam, self.header("""\
            // std::atomic would do; so would /* std::mutex */
            const char* text = "std::thread // std::mutex";
            sync::atomic<int> a; sync::mutex m; std::lock_guard guard(m); sync::futex_wait(a, 1, nullptr);
            auto now = sync::clock::now(); auto other = Clock::now(); std::stop_token stop; x = 1'000'000;
        """))


class Orders(LintTest):
    edges = "// Edges:  filled   slot.stamp  release in push -> acquire in pop\n"

    def header(self, text, edges=edges):
        return {"include/plait/thing.hpp": edges + textwrap.dedent(text)}

    good = """\
        sync::atomic<int> stamp_;
        void push() { stamp_.store(1, sync::release); }  // release filled
        int pop() {
          // acquire filled: before the element is read
          return stamp_.load(sync::acquire);
        }
        int peek() {
          // relaxed: a hint, whose reason
          // takes two lines
          return stamp_.load(sync::relaxed);
        }
        bool both() {
          return stamp_.compare_exchange_strong(expected, 1,
                                                sync::release,    // release filled
                                                sync::relaxed);  // relaxed: tried again
        }
        """

    def test_tagged_orders_are_fine(self):
        self.accepts(orders, self.header(self.good))

    def test_an_order_without_a_tag(self):
        self.finds(orders, self.header(self.good.replace("// release filled\n        int", "\n        int")), ":3: sync::release has no tag")

    def test_a_tag_of_another_order_is_none(self):
        self.finds(orders, self.header(self.good.replace("// acquire filled", "// release filled")), "sync::acquire has no tag")

    def test_relaxed_without_a_reason(self):
        self.finds(orders, self.header("int a = x.load(sync::relaxed);  // relaxed"), "says no reason")

    def test_an_edge_that_is_not_listed(self):
        self.finds(orders, self.header(self.good + "x.store(1, sync::release);  // release fulled"), "edge 'fulled' is not in")

    def test_an_edge_with_one_end(self):
        self.finds(orders, self.header("stamp.store(1, sync::release);  // release filled"), "'filled' has no acquire end")
        self.finds(orders, self.header("stamp.load(sync::acquire);  // acquire filled"), "'filled' has no release end")

    def test_an_external_edge_needs_one_end(self):
        edges = "// Edges:  filled   slot.stamp  release in push -> acquire\n//                  in the user's code, external\n"
        self.accepts(orders, self.header("stamp.store(1, sync::release);  // release filled", edges))

    def test_a_lonely_seq_cst(self):
        self.finds(orders, self.header("stamp.load(sync::seq_cst);  // seq_cst filled"), "it takes two")

    def test_an_edge_nobody_uses(self):
        edges = self.edges + "//         emptied  slot.stamp  release in pop -> acquire in push\n"
        self.finds(orders, self.header(self.good, edges), ":2: edge 'emptied' is listed, and no order")

    def test_operations_without_an_order(self):
        for text in ("stamp_.load()", "stamp_.store(f(1))", "x->fetch_add(1)", "stamp_ = 1", "++stamp_", "stamp_ += 2"):
            with self.subTest(text):
                self.finds(orders, self.header(self.good + text + ";\n"), "in silence")

    def test_other_types_operations_are_fine(self):
        self.accepts(orders, self.header(self.good + "counter.load(); store(1); std::exchange(a, b); if (stamp_ == 1) f();\n"))


class Snippets(LintTest):
    example = {"examples/a.cpp": "int main() {\n  // [x]\n  int a = 1;\n  if (a)\n    f(a);\n  // [x]\n}\n"}

    def test_a_piece_of_an_example_is_fine_at_any_indentation(self):
        header = "// a\n//\n//   table\n//   not code;\n//   0 .. 1\n//\n//   int a = 1;\n//   if (a)\n//     f(a);\n#pragma once\n"
        readme = "```cpp\nint a = 1;\nif (a)\n  f(a);\n```\n"
        self.accepts(snippets, self.example | {"README.md": readme, "include/plait/a.hpp": header})

    def test_a_changed_snippet_is_found(self):
        for name in ("README.md", "docs/structures/a.md"):
            self.finds(snippets, self.example | {name: "text\n```cpp\nint a = 2;\n```\n"}, f"{name}:2: this snippet")
        self.finds(snippets, self.example | {"include/plait/a.hpp": "// a\n//\n//   int a = 2;\n"}, "a.hpp:3: this example")

    def test_only_a_page_in_docs_may_quote_a_header(self):
        header = {"include/plait/a.hpp": "// a\n#pragma once\nint b = 2;\n"}
        self.accepts(snippets, self.example | header | {"docs/a.md": "```cpp\nint b = 2;\n```\n"})
        self.finds(snippets, self.example | header | {"docs/a.md": "```cpp\nint b = 3;\n```\n"}, "this snippet")
        self.finds(snippets, self.example | header | {"README.md": "```cpp\nint b = 2;\n```\n"}, "this snippet")

    def test_examples_in_folders_count(self):
        lesson = {"examples/lessons/a.cpp": "int b = 2;\n"}
        self.accepts(snippets, lesson | {"docs/a.md": "```cpp\nint b = 2;\n```\n"})
        self.finds(snippets, lesson | {"docs/a.md": "```cpp\nint b = 3;\n```\n"}, "docs/a.md:1: this snippet")

    def test_lines_left_out_are_found(self):
        self.finds(snippets, self.example | {"README.md": "```cpp\nint a = 1;\n  f(a);\n```\n"}, "this snippet")

    def test_commands_that_do_not_exist_are_found(self):
        repository = {
            "plait": "case $1 in\n  bench) ;;\nesac\n", "check": "--deep", "cli/count.cpp": "",
            "CMakePresets.json": '{"configurePresets": [{"name": "dev"}]}',
        }
        good = "./plait count FILE  # words\n$ ./plait bench\n./plait --help\n./check --deep\ncmake --preset dev"
        self.accepts(snippets, repository | {"README.md": f"```sh\n{good}\n```\n"})
        bad = "./plait cuont x\n./check --depe\ntools/nothing\ncmake --build --preset dve"
        self.finds(snippets, repository | {"README.md": f"```sh\n{bad}\n```\n"},
                   "no subcommand 'cuont'", "no option --depe", "no tools/nothing", "no preset 'dve'")


class Mirror(LintTest):
    parts = [part.format(family="letters", name="a") for part in mirror.PARTS]
    whole = {part: "" for part in parts} | {
        "include/plait/a.hpp": "class a {};\n",
        "include/plait/status.hpp": "enum class status {};\n",
        "include/plait/plait.hpp": "#include <plait/a.hpp>\n#include <plait/status.hpp>\n",
    }

    def test_a_whole_structure_and_vocabulary_are_fine(self):
        self.accepts(mirror, self.whole)

    def test_each_missing_part_is_named(self):
        for part in self.parts:
            rest = {name: text for name, text in self.whole.items() if name != part}
            self.finds(mirror, rest, f"{part}: missing")
            exempted = self.run_lint(mirror, rest | {mirror.EXEMPTIONS: f"{part}  later\n"})
            self.assertTrue(all(message.startswith("note: ") for message in exempted), exempted)
            self.finds(mirror, rest | {mirror.EXEMPTIONS: f"{part}\n"}, "needs a reason")

    def test_an_exemption_that_is_not_needed(self):
        part = "bench/letters/a.bench.cpp"
        self.finds(mirror, self.whole | {mirror.EXEMPTIONS: f"# why\n{part}  later\n"}, f":2: {part} is not missing")

    def test_a_part_in_the_room_of_another_family(self):
        strayed = {name.replace("bench/letters", "bench/digits"): text for name, text in self.whole.items()}
        self.finds(mirror, strayed, "bench/letters/a.bench.cpp: missing")

    def test_a_header_the_umbrella_forgot(self):
        self.finds(mirror, self.whole | {"include/plait/b.hpp": "enum class b {};\n"}, "does not include b.hpp")


class Layers(LintTest):
    def test_includes_that_point_the_wrong_way(self):
        inside = "#include <plait/detail/wait/deadline.hpp>\n"
        for name in ("bench/queue/a.cpp", "cli/a.cpp", "examples/a.cpp"):
            self.finds(layers, {name: f"//\n{inside}"}, f"{name}:2: plait/detail/wait/deadline.hpp is behind")
        self.accepts(layers, {"tests/wait/a.cpp": inside, "bench/support/measure.cpp": inside})
        for name in ("verify/a.hpp", "simulate/a.hpp"):
            self.finds(layers, {name: "#include <plait/counter.hpp>\n"}, f"{name}:1: what is behind the seam")
        self.finds(layers, {"verify/a.hpp": "#include <simulate/atomic.hpp>\n"}, "verify/a.hpp:1: the checker")
        self.finds(layers, {"include/plait/a.hpp": "#include <simulate/seam.hpp>\n"}, "a.hpp:1: structures reach")
        self.finds(layers, {"include/plait/a.hpp": "#include <verify/seam.hpp>\n"}, "a.hpp:1: structures reach")
        self.accepts(layers, {"include/plait/detail/sync.hpp": "// The seam.\n#include <verify/seam.hpp>\n"})

    def test_an_exemption_that_is_not_needed(self):
        self.finds(layers, {"bench/support/measure.cpp": "\n"}, "no longer needs its exemption")

    def test_a_header_behind_the_structures_has_a_family_and_says_what_it_is(self):
        self.finds(layers, {"include/plait/detail/a.hpp": "// What it is.\n"}, "detail/a.hpp:1: belongs into")
        self.finds(layers, {"include/plait/detail/map/a.hpp": "// SPDX-License-Identifier: MIT\n#pragma once\n"},
                   "detail/map/a.hpp:2: does not begin")
        self.accepts(layers, {"include/plait/detail/map/a.hpp": "// SPDX-License-Identifier: MIT\n// What it is.\n"})


class Files(LintTest):
    def test_a_missing_licence_line(self):
        for name in ("a.cpp", "a.hpp", "CMakeLists.txt", "a.py"):
            self.finds(files, {name: "text\n"}, f"{name}:1: does not begin")
        self.finds(files, {"run": "#!/bin/sh\n"}, "run:1: does not begin")
        self.accepts(files, {"run": "#!/bin/sh\n# SPDX-License-Identifier: MIT\n", "README.md": "text\n"})

    def test_a_machine_s_paths_and_hosts(self):
        for text in ("see /work/shared", "'/home/me/x'", "http://10.1.2.3:80/", "https://registry.corp/x", "// TODO"):
            with self.subTest(text):
                self.finds(files, {"README.md": f"first\n{text}\n"}, "README.md:2:")
        self.accepts(files, {"README.md": "/proc/self/x /usr/share/doc ./work/x 1.2.3.4 https://doi.org/10.1/x\n"})

    def test_a_wide_line(self):
        self.finds(files, {"a.cpp": "// SPDX-License-Identifier: MIT\n// " + "x" * 110 + "\n"}, "a.cpp:2: 113 columns")

    def test_a_long_file_gets_a_note(self):
        self.finds(files, {"a.py": "# SPDX-License-Identifier: MIT\n" * 401}, "note: a.py has 401 lines")


if __name__ == "__main__":
    unittest.main()
