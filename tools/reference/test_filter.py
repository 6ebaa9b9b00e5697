# SPDX-License-Identifier: MIT
"""Tests of the filter, on small headers."""

import tempfile
import unittest
from pathlib import Path

import filter as header_filter


def filtered(text, name="thing"):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{name}.hpp")
        path.write_text("// SPDX-License-Identifier: MIT\n" + text)
        return header_filter.filtered(path)


class Filter(unittest.TestCase):
    def test_the_opening_comment_describes_the_class_of_the_header_s_name(self):
        text = filtered("// thing<T>: a thing.\n//\n// Use it.\n#pragma once\ntemplate <class T>\nclass thing {};\n")
        self.assertIn("/** \\class plait::thing\n\\brief A thing.\n\nUse it.\n*/", text)

    def test_the_opening_comment_describes_a_header_without_such_a_class(self):
        self.assertIn("/** \\file thing.hpp\n\\brief Two functions.\n*/", filtered("// Two functions.\n#pragma once\nint a();\n"))

    def test_tables_stay_as_they_are_and_examples_are_code(self):
        text = filtered("// thing: a thing.\n//\n//   operation   cost\n//   push <T>    1\n//\n//   thing a;\n#pragma once\n")
        self.assertIn("\\verbatim\noperation   cost\npush <T>    1\n\\endverbatim\n\n\\code{.cpp}\nthing a;\n\\endcode", text)

    def test_a_comment_describes_all_declarations_up_to_a_blank_line(self):
        text = filtered("class other {\n public:\n  // Pushes.\n  void a() {\n    // Inside.\n    int b;\n  }\n  void c();\n\n  void d();\n};\n")
        self.assertEqual(text.count("/** Pushes.\n  */\n  void"), 2)
        self.assertNotIn("Inside", text)
        self.assertIn("\n\n  void d();", text)

    def test_what_is_above_the_class_of_the_header_s_name_stays_out(self):
        text = filtered("// thing: a thing.\n#pragma once\n\n// Its inside.\nclass thing {\n  // Private.\n  int a_;\n};\n")
        self.assertNotIn("Its inside", text)

    def test_text_is_no_command_and_public_names_are_links(self):
        header_filter.PUBLIC = {"big_queue"}
        self.assertEqual(header_filter.prose("a<b> \\file & `x<y>`: big_queue, not big_queue.hpp"),
                         'a\\<b\\> \\\\file \\& <code>x\\<y\\></code>: \\ref plait::big_queue "big_queue", not big_queue.hpp')


if __name__ == "__main__":
    unittest.main()
