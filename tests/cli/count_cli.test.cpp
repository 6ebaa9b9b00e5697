// SPDX-License-Identifier: MIT
// `plait count` as users run it: the real program, its output, its messages and its exit codes.
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <sched.h>
#include <sys/stat.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/process.hpp"
#include "support/sanitizer.hpp"

namespace {

namespace fs = std::filesystem;
using support::child;
using support::temporary_folder;
using arguments = std::vector<std::string>;

arguments count_arguments(const arguments& more) {
  arguments all{"count"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

// Runs `plait count` with these arguments and `input` on standard input.
child::result count(const arguments& more, std::string_view input = "", const child::setup& how = {}) {
  child program(PLAIT_PROGRAM, count_arguments(more), how);
  program.write(input);
  return program.finish();
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(plait, help_fits_one_screen_and_ends_with_examples) {
  for (const arguments& asked : {arguments{"--help"}, arguments{"count", "--help"}, arguments{"tour", "--help"},
                                 arguments{"replay", "--help"}, arguments{"count", "-h"}}) {
    const child::result result = child(PLAIT_PROGRAM, asked).finish();
    EXPECT_EQ(result.exit_code, 0);
    const std::vector<std::string> lines = lines_of(result.out);
    EXPECT_LE(lines.size(), 24u) << result.out;
    for (const std::string& line : lines) EXPECT_LE(line.size(), 80u) << line;
    ASSERT_GE(lines.size(), 4u);
    EXPECT_EQ(lines[lines.size() - 4], "Examples:") << result.out;
    for (std::size_t i = lines.size() - 3; i != lines.size(); ++i)
      EXPECT_TRUE(contains(lines[i], "plait ")) << lines[i];
    for (const char* const jargon : {"ENUM", "TEXT", "REQUIRED", "{", "->"})
      EXPECT_FALSE(contains(result.out, jargon)) << result.out;
  }
}

TEST(plait, help_has_one_line_for_each_subcommand) {
  const std::vector<std::string> lines = lines_of(child(PLAIT_PROGRAM, {"--help"}).finish().out);
  const auto first = std::ranges::find(lines, "Subcommands:");
  ASSERT_GE(lines.end() - first, 8);
  for (int i = 0;
       const char* const name : {"  count ", "  tour ", "  replay ", "  remote ", "  bench ", "  stress "})
    EXPECT_TRUE(first[++i].starts_with(name)) << first[i];
  EXPECT_EQ(first[7], "");
}

TEST(plait, help_that_nobody_can_receive_is_an_error) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  for (const int output : {full, support::closed}) {
    const child::result result = child(PLAIT_PROGRAM, {"--help"}, {.standard_output = output}).finish();
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_TRUE(contains(result.err, "standard output: ")) << result.err;
  }
  ::close(full);
}

TEST(count, has_a_thread_for_each_processor_that_it_is_allowed) {
  cpu_set_t before, one;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  CPU_ZERO(&one);
  for (int i = 0; CPU_COUNT(&one) == 0; ++i)
    if (CPU_ISSET(i, &before)) CPU_SET(i, &one);
  ::sched_setaffinity(0, sizeof one, &one);
  EXPECT_TRUE(contains(count({"-"}, "a").err, ", 1 thread\n"));
  ::sched_setaffinity(0, sizeof before, &before);
}

TEST(plait, says_its_version) {
  const child::result result = child(PLAIT_PROGRAM, {"--version"}).finish();
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out.find("plait "), 0u);
}

TEST(plait, a_missing_or_unknown_subcommand_is_an_error) {
  EXPECT_EQ(child(PLAIT_PROGRAM, {}).finish().exit_code, 2);
  const child::result result = child(PLAIT_PROGRAM, {"cuont"}).finish();
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(contains(result.err, "cuont")) << result.err;
}

TEST(count, prints_the_most_common_first_and_ties_by_code_point) {
  const child::result result = count({"-"}, "b a é B c a the b\n");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "3 b\n2 a\n1 c\n1 the\n1 é\n");
  EXPECT_TRUE(contains(result.err, "8 words, 5 distinct, 19 B in ")) << result.err;
  EXPECT_TRUE(contains(count({"-"}, "a").err, "1 word, 1 distinct, 1 B in "));
}

TEST(count, aligns_the_numbers_to_the_right) {
  std::string text = "once";
  for (int i = 0; i != 1000; ++i) text += " often";
  EXPECT_EQ(count({"-"}, text).out, "1000 often\n   1 once\n");
}

TEST(count, top_limits_the_table_and_its_default_is_20) {
  std::string text;
  for (int i = 0; i != 30; ++i) text += std::to_string(i) + " ";
  const auto lines = [&](const arguments& more) { return std::ranges::count(count(more, text).out, '\n'); };
  EXPECT_EQ(lines({"-"}), 20);
  EXPECT_EQ(lines({"--top", "3", "-"}), 3);
  EXPECT_EQ(lines({"--top", "1000", "-"}), 30);
  EXPECT_EQ(lines({"--top", "all", "-"}), 30);
}

TEST(count, json_holds_the_same_and_parses) {
  const child::result result = count({"--json", "--top", "2", "-"}, "\"q\\\x01 x \xFF x\n");
  const nlohmann::json document = nlohmann::json::parse(result.out);
  EXPECT_EQ(document["schema_version"], 1);
  EXPECT_EQ(document["total"], 4);
  EXPECT_EQ(document["distinct"], 3);
  EXPECT_EQ(document["bytes"], 11);
  EXPECT_GE(document["seconds"], 0.0);
  EXPECT_EQ(document["words"],
            nlohmann::json::parse(R"([{"word":"x","count":2},{"word":"\"q\\\u0001","count":1}])"));
}

TEST(count, max_keys_bounds_the_words_kept_and_says_how_far_counts_may_be_off) {
  constexpr int often = 1000;
  std::string text;
  for (int i = 0; i != 5000; ++i) text += "word" + std::to_string(i) + (i % 5 == 0 ? " often " : " ");
  const child::result result = count({"--json", "--top", "3", "--max-keys", "10", "-"}, text);
  const nlohmann::json document = nlohmann::json::parse(result.out);
  EXPECT_EQ(document["total"], 6000);
  EXPECT_EQ(document["kept"], 10);
  EXPECT_FALSE(document.contains("distinct")) << "nobody knows";
  ASSERT_EQ(document["words"].size(), 3U);
  const nlohmann::json& first = document["words"][0];
  EXPECT_EQ(first["word"], "often");
  EXPECT_GE(first["count"], often);
  EXPECT_LE(first["count"].get<int>() - first["error"].get<int>(), often);
  EXPECT_LE(first["error"], 600) << "the total divided by the words kept";
  EXPECT_TRUE(contains(result.err, "6,000 words, 10 kept, counts up to ")) << result.err;

  const child::result few = count({"--max-keys", "10", "-"}, "b a b");
  EXPECT_EQ(few.out, "2 b\n1 a\n");
  EXPECT_TRUE(contains(few.err, "3 words, 2 kept, counts exact")) << few.err;
  EXPECT_EQ(count({"--max-keys", "0", "-"}, "a").exit_code, 2);
  EXPECT_EQ(count({"--max-keys", "10", "--remote", "redis://nowhere", "-"}, "a").exit_code, 2);
}

TEST(count, rules_can_be_changed) {
  EXPECT_EQ(count({"--words", "alphanumeric", "-"}, "it's it").out, "2 it\n1 s\n");
  EXPECT_EQ(count({"--keep-case", "-"}, "B b B").out, "2 B\n1 b\n");
  EXPECT_EQ(count({"--min-length", "2", "-"}, "é éé a").out, "1 éé\n");
}

TEST(count, quiet_says_nothing_but_errors) {
  EXPECT_EQ(count({"--quiet", "-"}, "a").err, "");
  EXPECT_TRUE(contains(count({"--quiet", "/nowhere", "-"}, "a").err, "/nowhere"));
}

TEST(count, nothing_found_is_exit_code_1) {
  const child::result result = count({"-"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(count({"-"}, " \n ").exit_code, 1);
}

TEST(count, an_option_whose_value_is_empty_is_refused) {
  for (const arguments& given : {arguments{"--words="}, {"--words=", "-"}, {"--words=", "--words", ""}}) {
    const child::result result = count(given, "a");
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_TRUE(contains(result.err, "--words= needs a value")) << result.err;
  }
}

TEST(count, refuses_values_that_make_no_sense_and_names_them) {
  const std::vector<arguments> refused{
      {"--threads", "0"},     {"--threads", "-1"},      {"--threads", "99999999999999"},
      {"--threads", "two"},   {"--top", "0"},           {"--top", "-3"},
      {"--top", "most"},      {"--min-length", "nan"},  {"--min-length", "0"},
      {"--min-length", "2x"}, {"--words", "sentences"}, {"--binary", "maybe"},
      {"--progress", "yes"}};
  for (const arguments& option : refused) {
    for (const bool joined : {false, true}) {
      const arguments given =
          joined ? arguments{option[0] + "=" + option[1], "-"} : arguments{option[0], option[1], "-"};
      const child::result result = count(given, "a");
      EXPECT_EQ(result.exit_code, 2) << option[0] << ' ' << option[1];
      EXPECT_EQ(result.out, "");
      EXPECT_TRUE(contains(result.err, option[0]) && contains(result.err, option[1])) << result.err;
    }
  }
}

TEST(count, needs_a_path) {
  const child::result result = count({});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(contains(result.err, "PATH")) << result.err;
}

TEST(count, counts_files_and_folders_together) {
  const temporary_folder folder;
  folder.file("tree/a", "one two");
  folder.file("tree/deep/er/b", "two three");
  folder.file("tree/empty", "");
  const std::string single = folder.file("single", "three two");
  EXPECT_EQ(count({folder / "tree", single}).out, "3 two\n2 three\n1 one\n");
}

TEST(count, the_number_of_threads_does_not_change_the_result) {
  const temporary_folder folder;
  std::string large;
  for (int i = 0; large.size() < 5'000'000; ++i)
    large += "word" + std::to_string(i % 5000) + (i % 7 == 0 ? "\n" : " ");
  folder.file("large", large);
  for (int i = 0; i != 300; ++i) folder.file("small/" + std::to_string(i), "small file " + std::to_string(i));
  const std::string one = count({"--top", "all", "--threads", "1", folder.path()}).out;
  EXPECT_GT(one.size(), 10'000u);
  for (const std::string threads : {"2", "5"})
    EXPECT_EQ(count({"--top", "all", "--threads", threads, folder.path()}).out, one);
}

TEST(count, a_word_longer_than_every_buffer_is_one_word) {
  const std::string word(3'000'000, 'W');
  const std::string lowered(3'000'000, 'w');
  const temporary_folder folder;
  const std::string file = folder.file("long", "a " + word + " a " + word);
  EXPECT_EQ(count({file}).out, "2 a\n2 " + lowered + "\n");
  EXPECT_EQ(count({"-"}, "a " + word + " a " + word).out, "2 a\n2 " + lowered + "\n");
}

TEST(count, a_missing_file_is_named_and_the_rest_is_counted) {
  const temporary_folder folder;
  const std::string here = folder.file("here", "a");
  const child::result result = count({folder / "not-here", here});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.out, "1 a\n");
  EXPECT_TRUE(contains(result.err, folder / "not-here: No such file")) << result.err;
}

TEST(count, unreadable_files_and_folders_are_named_and_the_rest_is_counted) {
  const temporary_folder folder;
  folder.file("readable", "a");
  fs::permissions(folder.file("secret", "b"), fs::perms::none);
  folder.file("closed/c", "c");
  fs::permissions(folder / "closed", fs::perms::none);
  const std::string large = folder.file("large-secret", std::string(3'000'000, ' '));
  fs::permissions(large, fs::perms::none);
  const child::result result = count({folder.path()}, "", {.without_privileges = true});
  fs::permissions(folder / "closed", fs::perms::all);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.out, "1 a\n");
  for (const char* const name : {"secret", "closed", "large-secret"})
    EXPECT_TRUE(contains(result.err, folder / name + ": Permission denied\n")) << result.err;
}

TEST(count, links_are_followed_on_the_command_line_only) {
  const temporary_folder folder;
  folder.file("tree/a", "inside");
  folder.file("outside", "outside");
  fs::create_symlink("..", folder / "tree/loop");
  fs::create_symlink("../outside", folder / "tree/link");
  fs::create_symlink("itself", folder / "itself");
  fs::create_symlink("tree", folder / "to-tree");
  EXPECT_EQ(count({folder / "tree"}).out, "1 inside\n");
  EXPECT_EQ(count({folder / "to-tree"}).out, "1 inside\n");
  EXPECT_EQ(count({folder / "tree/link"}).out, "1 outside\n");
  const child::result loop = count({folder / "itself"});
  EXPECT_EQ(loop.exit_code, 2);
  EXPECT_TRUE(contains(loop.err, "itself: Too many levels of symbolic links")) << loop.err;
}

TEST(count, binary_files_are_an_error_skipped_or_counted) {
  const temporary_folder folder;
  folder.file("text", "a");
  folder.file("small", std::string("b\0 ", 3));
  folder.file("large", std::string("b\0 ", 3) + std::string(2'000'000, ' '));
  const child::result refused = count({folder.path()});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_EQ(refused.out, "1 a\n");
  EXPECT_TRUE(contains(refused.err, "small: binary file") && contains(refused.err, "large: binary file"))
      << refused.err;
  const child::result skipped = count({"--binary", "skip", "--quiet", folder.path()});
  EXPECT_EQ(skipped.exit_code, 0);
  EXPECT_EQ(skipped.out, "1 a\n");
  EXPECT_EQ(skipped.err, "");
  EXPECT_EQ(count({"--binary", "count", folder.path()}).out, std::string("2 b\0\n1 a\n", 9));
  EXPECT_EQ(count({"-"}, std::string_view("b\0", 2)).exit_code, 2);
  // A zero byte later in the file is a character like any other.
  EXPECT_EQ(count({folder.file("late", std::string(10'000, ' ') + '\0')}).exit_code, 0);
}

TEST(count, files_that_vanish_shrink_and_grow_meanwhile_do_no_harm) {
  const temporary_folder folder;
  for (int i = 0; i != 200; ++i) folder.file("tree/" + std::to_string(i), "word ");
  const std::string changing = folder.file("tree/changing", std::string(4'000'000, ' '));
  std::atomic<bool> stop = false;
  std::thread mischief([&] {
    for (int i = 0; !stop; ++i) {
      fs::remove(folder / "tree/" + std::to_string(i % 200));
      folder.file("tree/" + std::to_string((i + 100) % 200), "word ");
      fs::resize_file(changing, i % 2 == 0 ? 100 : 4'000'000);
    }
  });
  for (int round = 0; round != 20; ++round) {
    const child::result result = count({"--quiet", "--binary", "count", folder.path()});
    EXPECT_TRUE(result.exit_code == 0 || result.exit_code == 2) << result.exit_code;
    EXPECT_EQ(result.exit_code == 2, !result.err.empty());
    std::istringstream errors(result.err);
    for (std::string line; std::getline(errors, line);)
      EXPECT_TRUE(line.ends_with(": No such file or directory") ||
                  line.ends_with(": became shorter while it was read"))
          << line;
  }
  stop = true;
  mischief.join();
}

TEST(count, standard_input_that_is_a_folder_is_an_error) {
  const int folder = ::open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const child::result result = count({"-"}, "", {.standard_input = folder});
  ::close(folder);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(contains(result.err, "standard input: Is a directory")) << result.err;
}

TEST(count, reads_named_pipes_and_files_that_do_not_know_their_size) {
  const temporary_folder folder;
  ::mkfifo((folder / "pipe").c_str(), 0600);
  child program(PLAIT_PROGRAM, {"count", folder / "pipe"});
  std::ofstream(folder / "pipe") << "through the pipe";
  EXPECT_EQ(program.finish().out, "1 pipe\n1 the\n1 through\n");

  const child::result status = count({"--top", "all", "/proc/self/status"});
  EXPECT_EQ(status.exit_code, 0);
  EXPECT_TRUE(contains(status.out, " name:\n")) << status.out;
}

TEST(count, pipes_in_folders_are_left_alone) {
  const temporary_folder folder;
  ::mkfifo((folder / "pipe").c_str(), 0600);
  folder.file("file", "a");
  EXPECT_EQ(count({folder.path()}).out, "1 a\n");
}

TEST(count, a_closed_output_ends_it_in_silence) {
  child program(PLAIT_PROGRAM, {"count", "-"});
  program.close_output();
  program.write("a");
  const child::result result = program.finish();
  EXPECT_EQ(result.exit_code, 128 + SIGPIPE);
  EXPECT_EQ(result.err, "");
}

TEST(count, a_full_disk_is_an_error) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  for (const arguments& more : {arguments{"-"}, arguments{"--json", "-"}}) {
    const child::result result = count(more, "a", {.standard_output = full});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_TRUE(contains(result.err, "standard output: No space left on device")) << result.err;
  }
  ::close(full);
}

TEST(count, a_slow_pipe_is_counted_while_it_flows_and_ctrl_c_prints_what_came) {
  child program(PLAIT_PROGRAM, {"count", "-"});
  program.write("slow and slow ");
  program.wait_until_idle();
  program.interrupt();
  const child::result result = program.finish();
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_EQ(result.out, "2 slow\n1 and\n");
  EXPECT_TRUE(contains(result.err, "stopped by Ctrl-C")) << result.err;
}

TEST(count, ctrl_c_ends_the_wait_for_a_pipe_that_nobody_writes_to) {
  const temporary_folder folder;
  ::mkfifo((folder / "pipe").c_str(), 0600);
  child program(PLAIT_PROGRAM, {"count", folder / "pipe"});
  program.wait_until_idle();
  program.interrupt();
  EXPECT_EQ(program.finish().exit_code, 130);
}

TEST(count, the_second_ctrl_c_ends_it_at_once) {
  std::string text;
  for (int i = 0; i != 50'000; ++i) text += std::to_string(i) + " ";
  child program(PLAIT_PROGRAM, {"count", "--top", "all", "-"});
  program.write(text);
  program.wait_until_idle();
  program.interrupt();
  // The program now prints into a full pipe that is not read.
  program.wait_until_blocked_on_output();
  program.interrupt();
  EXPECT_EQ(program.finish().exit_code, 128 + SIGINT);
}

TEST(count, shows_progress_on_a_terminal_and_erases_it) {
  support::terminal terminal;
  child program(PLAIT_PROGRAM, {"count", "-"}, {.standard_error = terminal.far_end()});
  program.write("a b c\n");
  terminal.wait_for("6 B  ");
  const child::result result = program.finish();
  EXPECT_EQ(result.out, "1 a\n1 b\n1 c\n");
  // Only the summary is left on the line of the progress bar.
  const std::string rest = terminal.rest();
  EXPECT_TRUE(rest.substr(rest.rfind("\r\x1b[K")).starts_with("\r\x1b[Kplait count: 3 words")) << rest;
}

TEST(count, shows_no_progress_where_it_is_not_wanted) {
  for (const arguments& more : {arguments{"--progress", "never", "-"}, arguments{"--quiet", "-"}}) {
    support::terminal terminal;
    child program(PLAIT_PROGRAM, count_arguments(more), {.standard_error = terminal.far_end()});
    program.write("a\n");
    program.wait_until_idle();
    program.finish();
    EXPECT_FALSE(contains(terminal.rest(), "\x1b"));
  }
}

TEST(count, a_terminal_is_not_shown_control_characters) {
  support::terminal terminal;
  child program(PLAIT_PROGRAM, {"count", "--quiet", "-"}, {.standard_output = terminal.far_end()});
  program.write("\x1b[31mred \xC2\x9Bx");
  program.finish();
  EXPECT_EQ(terminal.rest(), "1 \\x1b[31mred\r\n1 \\x9bx\r\n");
  EXPECT_EQ(count({"-"}, "\x1b[31mred").out, "1 \x1b[31mred\n");
}

TEST(count, a_closed_standard_input_is_an_error_and_no_hang) {
  const child::result result = count({"-"}, "", {.standard_input = support::closed});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_TRUE(contains(result.err, "standard input: Bad file descriptor")) << result.err;
}

TEST(count, a_closed_standard_output_is_an_error_and_no_file_is_written_to) {
  const temporary_folder folder;
  const std::string file = folder.file("file", "a");
  for (const int input : {support::to_pipe, support::closed}) {
    const child::result result =
        count({file}, "", {.standard_input = input, .standard_output = support::closed});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_TRUE(contains(result.err, "standard output: Bad file descriptor")) << result.err;
  }
}

TEST(count, a_path_that_means_something_to_the_option_parser_is_still_a_path) {
  const temporary_folder folder;
  fs::current_path(folder.path());
  for (const char* const name :
       {"[a]", "[a,b]", "[]", "++", "%%", "tour", "count", "a", "b", "-x", "--top", "="})
    folder.file(name, std::string("text of ") + name);
  for (const char* const name : {"[a]", "[a,b]", "[]", "++", "%%", "tour", "count", "="}) {
    const std::string counted = "1 " + std::string(name) + "\n1 of\n1 text\n";
    for (const arguments& given : {arguments{name}, arguments{"--", name}, arguments{"--top", "all", name}}) {
      const child::result result = count(given);
      EXPECT_EQ(result.exit_code, 0) << name << ": " << result.err;
      std::multiset<std::string> lines;
      std::istringstream out(result.out), expected(counted);
      EXPECT_EQ(std::multiset<std::string>(std::istream_iterator<std::string>(out), {}),
                std::multiset<std::string>(std::istream_iterator<std::string>(expected), {}));
    }
  }
  EXPECT_EQ(count({"a", "++", "b"}).out, "3 of\n3 text\n1 ++\n1 a\n1 b\n");
  EXPECT_EQ(count({"a", "--", "-x", "--top"}).out, "3 of\n3 text\n1 --top\n1 -x\n1 a\n");
  fs::current_path("/");
}

TEST(count, an_empty_path_is_named_in_the_message) {
  const child::result result = count({"", "-"}, "a");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.out, "1 a\n");
  EXPECT_TRUE(contains(result.err, "'': No such file or directory")) << result.err;
}

TEST(count, files_that_hold_less_than_their_size_are_no_error) {
  const std::string pretender = "/sys/devices/system/cpu/online";  // it reports a size of 4096 bytes
  EXPECT_EQ(fs::file_size(pretender), 4096);
  const child::result result = count({pretender});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out.find("1 0"), 0u) << result.out;
}

#if !PLAIT_UNDER_ASAN && !PLAIT_UNDER_TSAN  // which reserve more memory than it is given

TEST(count, a_file_too_large_for_memory_is_named_and_the_rest_is_counted) {
  const temporary_folder folder;
  const std::string huge = folder.file("huge", "");
  fs::resize_file(huge, 400'000'000);  // without a single space, and without a block on the disk
  const std::string small = folder.file("small", "a b");
  const child::result result =
      count({"--binary", "count", "--threads", "2", huge, small}, "", {.memory = 200'000'000});
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_EQ(result.out, "1 a\n1 b\n");
  EXPECT_TRUE(contains(result.err, huge + ": not enough memory")) << result.err;

  const int descriptor = ::open(huge.c_str(), O_RDONLY | O_CLOEXEC);
  const child::result stream =
      count({"--binary", "count", "-", small}, "", {.standard_input = descriptor, .memory = 200'000'000});
  ::close(descriptor);
  EXPECT_EQ(stream.exit_code, 2) << stream.err;
  EXPECT_EQ(stream.out, "1 a\n1 b\n");
  EXPECT_TRUE(contains(stream.err, "standard input: not enough memory")) << stream.err;
}

#endif

TEST(count, control_characters_of_file_names_do_not_reach_the_terminal) {
  const temporary_folder folder;
  const child::result missing = count({folder / "\x1b[31mred\nplait count: all is well\x7f\xC2\x9B\x9B"});
  EXPECT_TRUE(contains(missing.err, "/\\x1b[31mred\\x0aplait count: all is well\\x7f\\x9b\\x9b: No such file"))
      << missing.err;
  const child::result option = count({"--top=\x1b[31m", "-"});
  EXPECT_TRUE(contains(option.err, "'\\x1b[31m'")) << option.err;
  const child::result unknown = child(PLAIT_PROGRAM, {"\x1b[31m"}).finish();
  EXPECT_TRUE(contains(unknown.err, "'\\x1b[31m'")) << unknown.err;
}

TEST(count, folders_deeper_than_the_longest_path_are_counted) {
  const temporary_folder folder;
  const std::string name(200, 'd');
  fs::current_path(folder.path());
  for (int depth = 0; depth != 50; ++depth) {  // 10,000 bytes; PATH_MAX is 4096
    fs::create_directory(name);
    fs::current_path(name);
    if (depth % 10 == 9) std::ofstream("file") << "deep";
  }
  std::ofstream("large") << std::string(3'000'000, ' ') << "deep";
  fs::current_path("/");
  const child::result result = count({folder.path()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "6 deep\n");
}

TEST(count, a_byte_order_mark_is_no_part_of_the_first_word) {
  const temporary_folder folder;
  folder.file("tree/with", "\xEF\xBB\xBFword");
  folder.file("tree/without", "word");
  folder.file("tree/large", "\xEF\xBB\xBFword" + std::string(3'000'000, ' ') + "word");
  const child::result files = count({"--json", folder / "tree"});
  EXPECT_EQ(nlohmann::json::parse(files.out)["words"], nlohmann::json::parse(R"([{"word":"word","count":4}])"));
  EXPECT_EQ(nlohmann::json::parse(files.out)["bytes"], 7 + 4 + 7 + 3'000'000 + 4);
  EXPECT_EQ(count({"-"}, "\xEF\xBB\xBFword word").out, "2 word\n");
  EXPECT_EQ(count({"-"}, "\xEF\xBB\xBF").exit_code, 1);
  // Later in the text it is a character like any other, as in Python.
  EXPECT_EQ(count({"-"}, "word \xEF\xBB\xBFword").out, "1 word\n1 \xEF\xBB\xBFword\n");
}

TEST(count, of_an_option_given_twice_the_last_wins) {
  const std::vector<arguments> twice{{"--top", "3", "--top", "1"},
                                     {"--top", "most", "--top=1"},
                                     {"--top", "1", "--quiet", "-q", "--json", "--json"},
                                     {"--top", "1", "--words", "whitespace", "--words", "alphanumeric"},
                                     {"--top", "1", "--threads", "7", "--threads", "1"},
                                     {"--top", "1", "--binary", "error", "--binary", "skip"}};
  for (arguments given : twice) {
    given.push_back("-");
    const child::result result = count(given, "a a b c");
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(std::ranges::count(result.out, '\n'), given[3] == "-q" ? 3 : 1) << result.out;
  }
}

}  // namespace
