// SPDX-License-Identifier: MIT
// Whole tables against Python's: count_python.py makes the texts and compares.
#include <fstream>

#include <gtest/gtest.h>
#include <unicode/uchar.h>

#include "support/process.hpp"

namespace {

TEST(count_python, every_table_is_what_python_counts) {
  const support::temporary_folder folder;
  // Python may have a newer or an older Unicode: characters that only one of the two knows are left out.
  std::ofstream known(folder / "known_characters");
  for (UChar32 c = 0; c <= 0x10FFFF; ++c)
    if (u_isdefined(c) && !U_IS_SURROGATE(c)) known << c << '\n';
  known.close();
  const auto result =
      support::child("/usr/bin/env", {"python3", PLAIT_TESTS "/count_python.py", PLAIT_PROGRAM, folder.path()})
          .finish();
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
}

}  // namespace
