// SPDX-License-Identifier: MIT
// `plait replay` as people meet it: the real program, its output, its messages and its exit codes.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/process.hpp"

namespace {

namespace fs = std::filesystem;
using support::child;
using support::temporary_folder;
using arguments = std::vector<std::string>;

child::result replay(const arguments& more, std::string_view input = "", const child::setup& how = {}) {
  arguments all{"replay"};
  all.insert(all.end(), more.begin(), more.end());
  child program(PLAIT_PROGRAM, all, how);
  program.write(input);
  return program.finish();
}

bool matches(const std::string& text, const std::string& pattern) {
  return std::regex_search(text, std::regex(pattern));
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string from_hex(std::string_view digits) {
  std::string bytes;
  for (; digits.size() >= 2; digits.remove_prefix(2))
    bytes += static_cast<char>(std::stoi(std::string(digits.substr(0, 2)), nullptr, 16));
  return bytes;
}

// 40 lines, i * i % 7 for i = 0 ... 39, as gzip, xz and zstd compress them.
const std::string gzipped = from_hex("1f8b080000000000000333e032e432e13202421320cb80621e001e4173b150000000");
const std::string xzipped = from_hex(
    "fd377a585a000004e6d6b4460200210116000000742fe5a3e0004f00125d0018028268b5fb52602301fa070c7300150000000000ab"
    "ab0878"
    "6f599aea00012e50f3edea401fb6f37d010000000004595a");
const std::string zstandard = from_hex("28b52ffd2450ad000070300a310a340a320a320a340a310a01000f692a01fc987ae7");

TEST(replay, prints_hits_of_every_policy_and_size) {
  const child::result result = replay({"--capacity", "3,2,50%", "-"}, "1\n2\n1\n3\n4\n1\n");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_TRUE(
      result.out.starts_with("-: 6 requests, 4 keys (integers)\nhits in % with           2       3   M/s\n"))
      << result.out << "50% of 4 keys are 2, which stand there once, and sizes are sorted";
  EXPECT_TRUE(matches(result.out, R"(\nLRU +16\.67 +33\.33 +[0-9.]+\n)")) << result.out;
  EXPECT_TRUE(matches(result.out, R"(\nFIFO +16\.67 +16\.67 )")) << result.out;
  for (const char* const policy : {"plait", "SIEVE", "S3-FIFO", "ARC", "W-TinyLFU 1 %", "W-TinyLFU climber"})
    EXPECT_TRUE(matches(result.out, "\n" + std::string(policy) + R"( +[0-9.]+ +[0-9.]+ +[0-9.]+\n)")) << policy;
}

TEST(replay, options_that_are_repeated_add_up) {
  const child::result once =
      replay({"--json", "-", "--policy", "lru,sieve", "--capacity", "1,50%", "loop:4:8"});
  const child::result twice = replay({"--json", "-", "--policy", "lru", "--policy", "sieve", "--capacity", "1",
                                      "--capacity", "50%", "loop:4:8"});
  const auto asked = [](const child::result& of) {
    std::vector<std::pair<std::string, std::uint64_t>> found;
    const nlohmann::json document = nlohmann::json::parse(of.out);
    for (const nlohmann::json& run : document["runs"]) found.emplace_back(run["policy"], run["capacity"]);
    return found;
  };
  EXPECT_EQ(asked(once).size(), 4u);
  EXPECT_EQ(asked(twice), asked(once));
}

TEST(replay, several_traces_get_a_table_each_and_one_of_means) {
  const child::result result = replay({"--policy", "lru,plait", "--capacity", "5", "loop:6:60", "loop:5:50"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_LT(result.out.find("loop:6:60: 60 requests"), result.out.find("loop:5:50: 50 requests")) << result.out;
  // LRU keeps none of the first loop and all of the second.
  EXPECT_TRUE(matches(result.out, R"(all 2 columns +mean.*\nLRU +45\.00 )")) << result.out;
  EXPECT_TRUE(matches(result.out, R"(\nplait +[0-9.]+ +0\.00\n)")) << result.out;
}

TEST(replay, json_has_a_run_for_each_policy_and_size) {
  const child::result result =
      replay({"--policy", "lru,s3_fifo", "--capacity", "1,2", "--json", "-", "loop:2:10"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const nlohmann::json document = nlohmann::json::parse(result.out);
  EXPECT_EQ(document["schema_version"], 1);
  ASSERT_EQ(document["runs"].size(), 4u);
  const nlohmann::json& run = document["runs"][1];
  EXPECT_EQ(run["trace"], "loop:2:10");
  EXPECT_EQ(run["policy"], "lru");
  EXPECT_EQ(run["capacity"], 2);
  EXPECT_EQ(run["requests"], 10);
  EXPECT_EQ(run["hits"], 8);
  EXPECT_EQ(run["hit_ratio"], 0.8);
  EXPECT_GE(run["seconds"], 0.0);
}

TEST(replay, writes_json_and_svg_to_files_beside_the_table) {
  const temporary_folder folder;
  const child::result result = replay(
      {"--json", folder / "r.json", "--svg", folder / "r.svg", "--capacity", "1,2", "loop:2:10", "loop:3:10"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(matches(result.out, "loop:2:10: 10 requests"));
  EXPECT_EQ(nlohmann::json::parse(content_of(folder / "r.json"))["runs"].size(), 32u);
  const std::string svg = content_of(folder / "r.svg");
  EXPECT_TRUE(svg.starts_with("<svg ") && svg.ends_with("</svg>\n")) << svg;
  for (const char* const part : {">plait<", ">S3-FIFO<", ">loop:2:10<", ">loop:3:10<", "capacity in entries"})
    EXPECT_NE(svg.find(part), std::string::npos) << part;
}

TEST(replay, the_drawing_escapes_names) {
  const temporary_folder folder;
  const std::string odd = folder.file("a<b&c", "1\n2\n1\n");
  ASSERT_EQ(replay({"--svg", folder / "r.svg", odd}).exit_code, 0);
  EXPECT_NE(content_of(folder / "r.svg").find("a&lt;b&amp;c"), std::string::npos);
}

TEST(replay, reads_what_gzip_xz_and_zstd_compressed) {
  const temporary_folder folder;
  for (const std::string& bytes : {gzipped, xzipped, zstandard}) {
    const child::result result = replay({"--policy", "lru", "--capacity", "3", folder.file("t", bytes)});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_TRUE(matches(result.out, "40 requests, 4 keys")) << result.out;
    EXPECT_TRUE(matches(result.out, R"(LRU +65\.00)")) << result.out;
    EXPECT_EQ(replay({"--quiet", "-"}, bytes).exit_code, 0) << "through a pipe";
  }
}

TEST(replay, compressed_files_that_are_cut_off_are_named_and_the_rest_is_replayed) {
  const temporary_folder folder;
  for (const std::string& bytes : {gzipped, xzipped, zstandard}) {
    for (const std::size_t left : {bytes.size() - 3, bytes.size() / 2}) {
      const std::string cut = folder.file("cut", std::string_view(bytes).substr(0, left));
      const child::result result = replay({"--policy", "lru", cut, "loop:3:10"});
      EXPECT_EQ(result.exit_code, 2);
      EXPECT_TRUE(result.err.starts_with("plait replay: " + cut + ": offset ")) << result.err;
      EXPECT_TRUE(matches(result.out, "^loop:3:10: 10 requests")) << result.out;
    }
  }
}

TEST(replay, files_that_cannot_be_read_are_named_and_the_rest_is_replayed) {
  const temporary_folder folder;
  const std::string good = folder.file("good", "1\n2\n1\n");
  const std::string cut = folder.file("cut", "1 1 0 0\n2 1 0");
  const std::string foreign = folder.file("foreign", "To be, or not to be\n");
  const std::string empty = folder.file("empty", "");
  const child::result result =
      replay({folder / "not-here", cut, foreign, empty, folder.path(), "zipf:x:1:1", good});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(matches(result.out, "^.*good: 3 requests, 2 keys")) << result.out;
  for (const std::string& message : std::vector<std::string>{
           folder / "not-here" + ": No such file", cut + ": offset 8 \\(line 2\\): '2 1 0' is not",
           foreign + ": offset 0: no trace", empty + ": it is empty", folder.path() + ": Is a directory",
           "zipf:x:1:1: 'x' is not a number from 0 to 10"})
    EXPECT_TRUE(matches(result.err, "plait replay: " + message)) << message << "\n" << result.err;
}

TEST(replay, a_format_that_is_named_is_not_found_out) {
  EXPECT_TRUE(
      matches(replay({"--format", "int32", "-"}, "1234123456785678").out, R"(4 requests, 2 keys \(int32\))"));
  const child::result wrong = replay({"--format", "arc", "-"}, "1\n2\n");
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_TRUE(matches(wrong.err, "-: offset 0 \\(line 1\\): '1' is not 'start count x seq'")) << wrong.err;
}

TEST(replay, capacities_in_bytes_need_sizes) {
  const std::string sized = "0 1 60\n1 2 60\n2 1 60\n3 2 60\n";
  const child::result result = replay({"--bytes", "--policy", "lru", "--capacity", "119,100%", "-"}, sized);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(matches(result.out, R"(with bytes +119 +120 )")) << result.out;
  EXPECT_TRUE(matches(result.out, R"(LRU +0\.00 +50\.00)")) << result.out;
  const child::result without = replay({"--bytes", "loop:3:10"});
  EXPECT_EQ(without.exit_code, 2);
  EXPECT_TRUE(matches(without.err, "--bytes needs sizes")) << without.err;
}

TEST(replay, refuses_values_that_make_no_sense_and_names_them) {
  const std::vector<arguments> refused{{"--capacity", "0"},    {"--capacity", "-1"}, {"--capacity", "0%"},
                                       {"--capacity", "101%"}, {"--capacity", "5,"}, {"--capacity", "nan%"},
                                       {"--policy", "random"}, {"--policy", "lru,"}, {"--format", "csv"},
                                       {"--progress", "yes"}};
  for (const arguments& option : refused) {
    const child::result result = replay({option[0], option[1], "loop:3:10"});
    EXPECT_EQ(result.exit_code, 2) << option[0] << ' ' << option[1];
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.err.find(option[0]), std::string::npos) << result.err;
  }
  EXPECT_EQ(replay({}).exit_code, 2);
}

TEST(replay, an_option_whose_value_is_empty_is_refused_and_takes_nothing_from_what_follows) {
  const child::result result = replay({"--json=", "--json", "loop:3:10"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_NE(result.err.find("--json= needs a value: FILE"), std::string::npos) << result.err;
}

TEST(replay, an_output_that_cannot_be_written_is_an_error) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  const child::result result = replay({"loop:3:10"}, "", {.standard_output = full});
  ::close(full);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.err.find("standard output: No space left on device"), std::string::npos) << result.err;
  for (const char* const option : {"--json", "--svg"}) {
    for (const char* const path : {"/dev/full", "/nowhere/file"}) {
      const child::result other = replay({option, path, "loop:3:10"});
      EXPECT_EQ(other.exit_code, 2);
      const char* const why =
          path == std::string_view("/dev/full") ? "No space left on device" : "No such file or directory";
      EXPECT_TRUE(matches(other.err, fmt::format("cannot write {}: {}", path, why))) << other.err;
      EXPECT_TRUE(matches(other.out, "LRU")) << "what was replayed is shown all the same";
    }
  }
}

TEST(replay, shows_progress_on_a_terminal_and_erases_it) {
  support::terminal terminal;
  child program(PLAIT_PROGRAM, {"replay", "--progress", "always", "loop:1000:200000"},
                {.standard_error = terminal.far_end()});
  EXPECT_EQ(program.finish().exit_code, 0);
  const std::string shown = terminal.rest();
  EXPECT_NE(shown.find("%  reading loop:1000:200000"), std::string::npos) << shown;
  EXPECT_TRUE(shown.ends_with("\r\x1b[K")) << shown;
  EXPECT_EQ(replay({"loop:3:10"}).err, "") << "no terminal, no progress";
}

TEST(replay, ctrl_c_prints_what_was_replayed_so_far) {
  child program(PLAIT_PROGRAM, {"replay", "loop:3:10", "-"});
  program.write("1\n");
  program.wait_until_idle();
  program.interrupt();
  const child::result result = program.finish();
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_TRUE(matches(result.out, "^loop:3:10: 10 requests")) << result.out;
  EXPECT_TRUE(matches(result.err, "stopped by Ctrl-C")) << result.err;
}

TEST(replay, ctrl_c_ends_the_making_of_a_long_trace) {
  child program(PLAIT_PROGRAM, {"replay", "loop:3:10", "zipf:1:100000000:1000000000"});
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const auto begin = std::chrono::steady_clock::now();
  program.interrupt();
  const child::result result = program.finish();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_TRUE(matches(result.out, "^loop:3:10: 10 requests")) << result.out;
}

TEST(replay, a_name_with_control_characters_is_not_shown_as_it_is) {
  const temporary_folder folder;
  const child::result result = replay({folder.file("\x1b[31mred", "1\n2\n")});
  EXPECT_EQ(result.out.find('\x1b'), std::string::npos);
  EXPECT_TRUE(matches(replay({"\x1b[31mred"}).err, R"(\\x1b\[31mred: No such file)"));
}

}  // namespace
