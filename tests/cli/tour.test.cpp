// SPDX-License-Identifier: MIT
// `plait tour` as users run it.
#include <cstdlib>
#include <regex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/process.hpp"

namespace {

using support::child;
using arguments = std::vector<std::string>;

child::result tour(const arguments& more) {
  arguments all{"tour"};
  all.insert(all.end(), more.begin(), more.end());
  return child(PLAIT_PROGRAM, all).finish();
}

bool contains(const std::string& text, const std::string& pattern) {
  return std::regex_search(text, std::regex(pattern));
}

// Runs one chapter and expects what every chapter prints: code, and figures with their unit.
std::string chapter(const std::string& name, const std::string& measured) {
  const child::result result = tour({name});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_TRUE(contains(result.out, "-- " + name + ": ")) << result.out;
  EXPECT_TRUE(contains(result.out, measured)) << result.out;
  EXPECT_FALSE(contains(result.out, "report a bug")) << result.out;
  EXPECT_FALSE(contains(result.out, "\x1b")) << "colours, and it is no terminal\n" << result.out;
  return result.out;
}

TEST(tour, race_counts_lost_updates_and_the_counter_loses_none) {
  const std::string out = chapter("race", R"(plait::counter, add +[0-9.]+ ns)");
  EXPECT_TRUE(contains(out, R"(1 +10,000,000 +[0-9,]+ +[0-9,]+ +[0-9.]+ ms)")) << out;
  EXPECT_TRUE(contains(out, "the counter says 10,000,000, so 0 were lost")) << out;
}

TEST(tour, counter_measures_three_ways_to_add_and_loses_nothing) {
  const std::string out =
      chapter("counter", R"(plait::counter +[0-9.]+ +[0-9.]+\n.*atomic.* +[0-9.]+ +[0-9.]+\n.*mutex)");
  EXPECT_TRUE(contains(out, R"(every\s+add\s+exactly\s+once)")) << out;
  EXPECT_TRUE(contains(out, R"(load\(\)\s+says\s+200,000\.)")) << out;
}

TEST(tour, lock_measures_cost_size_and_the_longest_wait) {
  const std::string out =
      chapter("lock", R"(plait::mutex +[0-9.]+ +[0-9.]+ +8\n +std::mutex +[0-9.]+ +[0-9.]+ +[0-9]+)");
  EXPECT_TRUE(contains(out, R"(plait::mutex +[0-9.]+ ms\n +std::mutex +[0-9.]+ ms)")) << out;
  EXPECT_TRUE(contains(out, R"(plait::shared_mutex +[0-9.]+ ns\n +std::shared_mutex +[0-9.]+ ns)")) << out;
  EXPECT_TRUE(contains(out, R"(unsafe_counter +5,000,000 +[0-9,]+ +[0-9,]+ +[0-9.]+ ms)")) << out;
  EXPECT_TRUE(contains(out, R"(safe_counter +5,000,000 +5,000,000 +0 +[0-9.]+ ms)")) << out;
  EXPECT_TRUE(contains(out, R"(\+\+value_;\n)")) << "the code of the lesson\n" << out;
}

TEST(tour, reentrant_waits_for_itself_is_told_so_and_measures) {
  const std::string out = chapter("reentrant", R"(plait::recursive_mutex +[0-9.]+ ns\n +std::recursive_mutex)");
  EXPECT_TRUE(contains(out, R"(plait::mutex +not taken after [0-9.]+ ms\n +plait::recursive_mutex +taken)"))
      << out;
  EXPECT_TRUE(contains(out, "a thread waits for 'dict', which it holds itself")) << out;
  EXPECT_TRUE(contains(out, R"(There\s+is\s+1\s+of\s+it,\s+because)")) << out;
  EXPECT_TRUE(contains(out, R"(bool rename\()")) << "the code of the lesson\n" << out;
}

TEST(tour, lock_all_shows_a_deadlock_that_ends_and_none_with_it) {
  const std::string out = chapter("lock-all", R"(plait::lock_all +[0-9.]+ ns\n +std::scoped_lock +[0-9.]+ ns)");
  EXPECT_TRUE(contains(out, R"(got\s+both:\s+0\s+of\s+2)")) << out;
  EXPECT_TRUE(contains(out, R"(200,000\s+transfers,\s+and\s+the\s+balances\s+add\s+up\s+to\s+0)")) << out;
}

TEST(tour, queue_bounds_joins_closes_and_measures) {
  const std::string out = chapter("queue", R"(plait::bounded_queue +[0-9.]+ +[0-9.]+\n +mutex)");
  EXPECT_TRUE(contains(out, R"(200,000\s+jobs\s+done\s+and\s+0\s+unfinished)")) << out;
  EXPECT_TRUE(contains(out, R"(push\s+returned\s+false,\s+3\s+items\s+came\s+out)")) << out;
  EXPECT_TRUE(contains(out, R"('empty'\s+after\s+[0-9.]+\s+ms)")) << out;
  EXPECT_TRUE(contains(out, R"(10,000\s+coroutines\s+waited[\s\S]*got\s+50,005,000)")) << out;
}

TEST(tour, spsc_measures_a_stream_one_by_one_and_in_place) {
  const std::string out = chapter("spsc", R"(plait::spsc_queue +[0-9.]+ ns an item)");
  EXPECT_TRUE(contains(out, R"(plait::spsc_queue, 64 in place +[0-9.]+ ns an item)")) << out;
}

TEST(tour, lifo_uses_few_buffers_and_measures) {
  const std::string out = chapter("lifo", R"(plait::lifo_queue +[0-9.]+ +[0-9.]+\n +mutex)");
  EXPECT_TRUE(contains(out, "of the 8 were touched at all"));
}

TEST(tour, priority_processes_tasks_in_order_and_measures) {
  const std::string out = chapter("priority", R"(plait::priority_queue +[0-9.]+ +[0-9.]+\n +plait::relaxed)");
  EXPECT_TRUE(contains(out, R"(processed  \(1, alarm\)\n)"));
  EXPECT_TRUE(contains(out, R"(processed  \(2, report\)\n +processed  \(3, clean up\)\n)"));
  EXPECT_TRUE(contains(out, "0 came out of"));
}

TEST(tour, unbounded_shows_the_memory_of_a_burst) {
  const std::string out = chapter("unbounded", R"(after the burst +[0-9.]+ MB)");
  EXPECT_TRUE(contains(out, R"(after the drain +[0-9.]+ MB)")) << out;
}

TEST(tour, thread_local_drops_and_folds_values_and_measures) {
  const std::string out = chapter("thread-local", R"(plait::thread_specific +[0-9.]+ ns\n)");
  EXPECT_TRUE(contains(out, R"(at\s+once:\s+1\.\s+Left\s+now:\s+0\.)")) << out;
  EXPECT_TRUE(contains(out, R"(every\s+step,\s+once)")) << out;
}

TEST(tour, dict_computes_once_and_measures) {
  const std::string out =
      chapter("dict", R"(plait::hash_map +[0-9.]+ +[0-9.]+\n +std::unordered_map, std::mutex)");
  EXPECT_TRUE(contains(out, R"(2,000\s+pages\s+were\s+rendered,\s+so\s+0\s+in\s+vain\.)")) << out;
}

TEST(tour, statistics_counts_every_read_and_measures) {
  const std::string out = chapter("statistics", R"(plait::stats_map, sampled gets +[0-9.]+\n)");
  EXPECT_TRUE(contains(out, R"(most_read\(1\)\s+says\s+that\s+key\s+0\s+was\s+read)")) << out;
  EXPECT_TRUE(contains(out, R"(misses:\s+every\s+read\.)")) << out;
}

TEST(tour, cache_keeps_its_limits_loads_once_and_survives_a_scan) {
  const std::string out = chapter("cache", R"(plait::expiring_cache +[0-9.]+ +[0-9.]+\n +std::mutex, list)");
  EXPECT_TRUE(contains(out, R"(cache\s+for\s+100:\s+100\s+are\s+there\.)")) << out;
  EXPECT_TRUE(contains(out, R"(get, then fetch and put +[0-9]+ times?\n +get_or_load +1 time\n)")) << out;
  std::smatch ours, theirs;
  ASSERT_TRUE(std::regex_search(out, ours, std::regex(R"(expiring_cache +([0-9.]+) % +([0-9.]+) %)"))) << out;
  ASSERT_TRUE(std::regex_search(out, theirs, std::regex(R"(leaves +([0-9.]+) % +([0-9.]+) %)"))) << out;
  EXPECT_LT(std::stod(ours[1]) - std::stod(ours[2]), 10) << "the scan has driven out what is wanted\n" << out;
  EXPECT_GT(std::stod(theirs[1]) - std::stod(theirs[2]), 20) << "it has not, and the chapter says so\n" << out;
}

TEST(tour, deadlock_hangs_and_then_refuses_one_of_two_tasks_and_measures) {
  const std::string out = chapter("deadlock", R"(std::mutex +[0-9.]+ ns\n)");
  EXPECT_TRUE(contains(out, R"(possible deadlock: 'lock[12]' is taken under 'lock[12]')")) << out;
  EXPECT_TRUE(contains(out, R"(1\. thread '.*', now: 'lock[12]' while it holds 'lock[12]')")) << out;
  EXPECT_TRUE(contains(out, R"(got\s+both\s+locks:\s+0\s+of\s+2\.)")) << out;
  EXPECT_TRUE(contains(out, R"(both\s+locks\s+100,000\s+times[\s\S]*Reports:\s+0\.)")) << out;
}

TEST(tour, count_words_counts_texts_of_this_machine) {
  const std::string out = chapter("count-words", R"([0-9]+ workers, .* +[0-9.]+ MB/s)");
  EXPECT_TRUE(contains(out, R"(the\s+very\s+same\s+counts)")) << out;
  EXPECT_TRUE(contains(out, R"(the\s+true\s+counts\s+are\s+within\s+what\s+was\s+said)")) << out;
}

TEST(tour, code_stands_there_as_in_the_examples) {
  const std::string out = tour({"race"}).out;
  EXPECT_TRUE(contains(out, "\n    plait::counter kept;\n    const auto keep = ")) << out;
  EXPECT_FALSE(contains(out, R"(// \[)")) << "a marker was shown\n" << out;
}

TEST(tour, several_chapters_come_in_the_order_of_their_names) {
  const child::result result = tour({"race", "counter"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_LT(result.out.find("-- race:"), result.out.find("-- counter:"));
  EXPECT_TRUE(contains(result.out, "2 chapters in"));
}

TEST(tour, list_names_the_chapters_and_runs_none) {
  const child::result result = tour({"--list"});
  EXPECT_EQ(result.exit_code, 0);
  for (const char* name : {"race", "counter", "queue", "spsc", "unbounded", "count-words"})
    EXPECT_TRUE(contains(result.out, std::string("  ") + name + " ")) << result.out;
  EXPECT_FALSE(contains(result.out, " ns")) << result.out;
}

TEST(tour, an_unknown_chapter_is_an_error_that_names_the_others) {
  const child::result result = tour({"race", "quene"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.out, "") << "nothing runs if one name is wrong";
  EXPECT_TRUE(contains(result.err, "'quene'")) << result.err;
  EXPECT_TRUE(contains(result.err, R"(queue [\s\S]*count-words)")) << result.err;
}

TEST(tour, the_name_of_a_chapter_is_taken_as_it_is) {
  const child::result result = tour({"[race]"});  // which a parser of options takes for a list
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(contains(result.err, R"('\[race\]')")) << result.err;
  EXPECT_TRUE(contains(tour({"\x1b[31m"}).err, R"('\\x1b\[31m')"));
}

TEST(tour, a_closed_standard_output_is_an_error) {
  const child::result result =
      child(PLAIT_PROGRAM, {"tour", "race"}, {.standard_output = support::closed}).finish();
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(contains(result.err, "standard output: Bad file descriptor")) << result.err;
}

TEST(tour, ctrl_c_ends_it_at_once) {
  // ThreadSanitizer calls it a leak that the program ends while a thread has ended and is not joined.
  const char* const set = std::getenv("TSAN_OPTIONS");
  const std::string options = set != nullptr ? set : "";
  ::setenv("TSAN_OPTIONS", (options + " report_thread_leaks=0").c_str(), 1);
  support::terminal screen;
  child program(PLAIT_PROGRAM, {"tour"}, {.standard_output = screen.far_end()});
  screen.wait_for("race");
  program.interrupt();
  const child::result result = program.finish();
  EXPECT_EQ(result.exit_code, 130) << result.err;
}

class on_a_terminal : public testing::Test {
 protected:
  // What `plait tour race` shows on a terminal of this kind.
  static std::string show(const char* kind, const char* no_color) {
    ::setenv("TERM", kind, 1);
    ::setenv("NO_COLOR", no_color, 1);
    support::terminal screen;
    child program(PLAIT_PROGRAM, {"tour", "race"}, {.standard_output = screen.far_end()});
    std::string shown = screen.wait_for("chapter in");
    EXPECT_EQ(program.finish().exit_code, 0);
    return shown;
  }
};

TEST_F(on_a_terminal, the_tour_has_colours_unless_they_are_not_wanted) {
  EXPECT_TRUE(contains(show("xterm", ""), "\x1b\\[1m-- race"));
  EXPECT_FALSE(contains(show("xterm", "1"), "\x1b"));
  EXPECT_FALSE(contains(show("dumb", ""), "\x1b"));
}

}  // namespace
