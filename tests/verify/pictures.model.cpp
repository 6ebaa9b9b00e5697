// SPDX-License-Identifier: MIT
// Traces as pictures.
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include <verify/picture.hpp>
#include <verify/program.hpp>
#include <verify/verify.hpp>

namespace {

verify::report failing_handover() {
  verify::report found = verify::explore([] {
    verify::atomic<bool> ready = false;
    verify::plain<int> data = 0;
    verify::name(ready, "ready"), verify::name(data, "<data>");
    verify::threads(
        [&] {
          data.write(7);
          ready.store(true, verify::memory_order_relaxed);
        },
        [&] {
          if (ready.load(verify::memory_order_acquire)) static_cast<void>(data.read());
        });
  });
  EXPECT_FALSE(found);
  return found;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(pictures, draw_lanes_of_text_with_arrows_to_what_reads) {
  EXPECT_EQ(verify::to_lanes(failing_handover(), 71),
            "     T1                               T2\n"
            "  1  ! write <data> = 7               |\n"
            "  2  * store ready relaxed = 1        |\n"
            "  3  |-2----------------------------->* load ready acquire = 1\n"
            "  4  |-1----------------------------->! read <data>\n");
}

TEST(pictures, draw_an_arrow_to_the_left_and_past_other_lanes) {
  verify::report made;
  made.events = {{0, "a", "", 0}, {1, "b", "", 0}, {2, "store", "", 0}, {0, "load", "", 0, 2}};
  EXPECT_EQ(verify::to_lanes(made, 53),
            "     T0              T1              T2\n"
            "  1  * a             |               |\n"
            "  2  |               * b             |\n"
            "  3  |               |               * store\n"
            "  4  * load      <---------------------3 |\n");
  EXPECT_EQ(verify::to_lanes(verify::report()), "");
}

TEST(pictures, draw_a_page_without_scripts_that_shows_text_as_it_is) {
  const std::string page = verify::to_html(failing_handover(), "the handover <of> data");
  EXPECT_EQ(count(page, "<script"), 0u);
  EXPECT_EQ(count(page, "http"), 0u);
  EXPECT_EQ(count(page, "<line "), 2u);
  EXPECT_EQ(count(page, "class=\"row\""), 4u);
  EXPECT_EQ(count(page, "class=\"step fault\""), 2u);
  EXPECT_EQ(count(page, "<data>"), 0u);
  EXPECT_EQ(count(page, "<h1>the handover &lt;of&gt; data</h1>"), 1u);
  EXPECT_EQ(count(page, "prefers-color-scheme: dark"), 1u);
}

void fails() {
  verify::check(false, "never");
}

int run(std::initializer_list<const char*> words) {
  std::vector<const char*> argv{"program"};
  argv.insert(argv.end(), words);
  return verify::run(static_cast<int>(argv.size()), argv.data(), {{"passes", [] {}}, {"fails", fails}});
}

TEST(program, runs_what_is_named_and_exits_with_what_came_of_it) {
  EXPECT_EQ(run({}), 1);
  EXPECT_EQ(run({"passes"}), 0);
  EXPECT_EQ(run({"fails"}), 1);
  EXPECT_EQ(run({"--list"}), 0);
  EXPECT_EQ(run({"--help"}), 0);
  EXPECT_EQ(run({"passes", "--replay", "0"}), 0);
}

TEST(program, refuses_what_it_does_not_know) {
  EXPECT_EQ(run({"other"}), 2);
  EXPECT_EQ(run({"--verbose"}), 2);
  EXPECT_EQ(run({"--html"}), 2);
  EXPECT_EQ(run({"--replay", "0"}), 2);
  EXPECT_EQ(run({"fails", "--replay", "x"}), 2);
}

TEST(program_death, draws_the_first_failure) {
  const std::string file = testing::TempDir() + "verify_picture.html";
  std::remove(file.c_str());
  EXPECT_EXIT(std::exit(run({"--html", file.c_str()})), testing::ExitedWithCode(1), "");
  std::ifstream picture(file);
  const std::string page{std::istreambuf_iterator<char>(picture), {}};
  EXPECT_EQ(count(page, "T0: never"), 1u) << page;
  EXPECT_EXIT(std::exit(run({"--html", "/nowhere/picture.html"})), testing::ExitedWithCode(1), "cannot write");
}

}  // namespace
