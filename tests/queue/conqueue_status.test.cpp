// SPDX-License-Identifier: MIT
// A status is written as its name.
#include <iomanip>
#include <sstream>
#include <version>

#if defined(__cpp_lib_format)
#include <format>
#endif

#include <gtest/gtest.h>

#include <plait/conqueue_status.hpp>

namespace {

using plait::conqueue_status;

TEST(conqueue_status, is_written_to_a_stream_as_its_name) {
  std::ostringstream out;
  out << conqueue_status::success << ' ' << conqueue_status::empty << ' ' << conqueue_status::full << ' '
      << conqueue_status::closed << ' ' << conqueue_status::busy << ' ' << conqueue_status::stopped << ' '
      << conqueue_status::interrupted;
  EXPECT_EQ(out.str(), "success empty full closed busy stopped interrupted");
}

TEST(conqueue_status, is_written_within_the_width_of_the_stream) {
  std::ostringstream out;
  out << '[' << std::setw(8) << std::left << std::setfill('.') << conqueue_status::full << ']';
  EXPECT_EQ(out.str(), "[full....]");
}

TEST(conqueue_status, that_is_none_is_written_as_unknown) {
  std::ostringstream out;
  out << static_cast<conqueue_status>(99);
  EXPECT_EQ(out.str(), "unknown");
}

// GCC 12's standard library has no std::format.
#if defined(__cpp_lib_format)
TEST(conqueue_status, is_formatted_as_its_name_with_the_options_of_a_string) {
  EXPECT_EQ(std::format("{} {:.>8}", conqueue_status::closed, conqueue_status::busy), "closed ....busy");
}
#endif

}  // namespace
