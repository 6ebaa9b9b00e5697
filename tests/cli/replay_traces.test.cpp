// SPDX-License-Identifier: MIT
// The formats of traces, as they are found out and read, and what is refused.
#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "count/paths.hpp"
#include "replay/byte_reader.hpp"
#include "replay/formats.hpp"
#include "replay/generators.hpp"
#include "replay/read_trace.hpp"

namespace {

using namespace plait::cli;
using numbers = std::vector<std::uint32_t>;

// Reads bytes, `step` at a time.
trace read(std::string_view bytes, std::optional<trace_format> format = {}, std::size_t step = 1000) {
  byte_reader reader([&](std::span<char> to) {
    const std::size_t count = bytes.copy(to.data(), std::min(to.size(), step));
    bytes.remove_prefix(count);
    return count;
  });
  return read_trace(reader, format);
}

std::string error_of(std::string_view bytes, std::optional<trace_format> format = {}) {
  try {
    read(bytes, format);
  } catch (const input_error& error) {
    return error.what();
  }
  return "it was read";
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string big_endian(std::uint64_t number, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(number >> (8 * i));
  return text;
}
std::string little_endian(std::uint64_t number, int bytes) {
  std::string text = big_endian(number, bytes);
  std::ranges::reverse(text);
  return text;
}

std::string oracle_record(std::uint64_t time, std::uint64_t key, std::uint64_t size, std::int64_t next) {
  return little_endian(time, 4) + little_endian(key, 8) + little_endian(size, 4) +
         little_endian(static_cast<std::uint64_t>(next), 8);
}

std::string repeated(int times, auto make) {
  std::string text;
  for (int i = 0; i != times; ++i) text += make(static_cast<std::uint64_t>(i));
  return text;
}

TEST(replay_traces, integers_a_line_skip_stars_and_blank_lines) {
  const trace read_one = read("7\n*\n 9 \r\n\n-3\n7\n18446744073709551615");
  EXPECT_EQ(read_one.format, "integers");
  EXPECT_EQ(read_one.keys, (numbers{0, 1, 2, 0, 3}));
  EXPECT_EQ(read_one.distinct, 4u);
  EXPECT_TRUE(read_one.sizes.empty());
}

TEST(replay_traces, arc_lines_ask_for_runs_of_blocks) {
  const trace read_one = read("10 3 0 0\n11 1 0 1\n13 2 0 2\n");
  EXPECT_EQ(read_one.format, "arc");
  EXPECT_EQ(read_one.keys, (numbers{0, 1, 2, 1, 3, 4}));
}

TEST(replay_traces, sized_lines_have_bytes_and_no_key_has_none) {
  const trace read_one = read("0 5 100\n0.5 6 0\n1e3 5 70\n");
  EXPECT_EQ(read_one.format, "sized");
  EXPECT_EQ(read_one.keys, (numbers{0, 1, 0}));
  EXPECT_EQ(read_one.sizes, (numbers{100, 1})) << "the size that came first";
  EXPECT_EQ(read_one.bytes(), 101u);
}

TEST(replay_traces, small_numbers_of_32_and_64_bits_are_told_apart) {
  const auto key = [](std::uint64_t i) { return i * 7 % 50; };
  const std::string narrow = repeated(300, [&](std::uint64_t i) { return big_endian(key(i), 4); });
  const std::string wide = repeated(300, [&](std::uint64_t i) { return big_endian(key(i), 8); });
  EXPECT_EQ(read(narrow).format, "int32");
  EXPECT_EQ(read(wide).format, "int64");
  EXPECT_EQ(read(narrow).keys, read(wide).keys);
  EXPECT_EQ(read(wide).keys.size(), 300u);
}

TEST(replay_traces, hashes_of_64_bits_are_known_by_those_that_come_again) {
  std::mt19937_64 random(1);
  std::vector<std::uint64_t> hashes(200);
  for (std::uint64_t& each : hashes) each = random();
  const std::string bytes =
      repeated(1000, [&](std::uint64_t) { return big_endian(hashes[random() % 200], 8); });
  EXPECT_EQ(read(bytes).format, "int64");
  const std::string noise = repeated(1000, [&](std::uint64_t) { return big_endian(random(), 8); });
  EXPECT_TRUE(contains(error_of(noise), "--format")) << "none comes again: it may be anything";
  EXPECT_EQ(read(noise, trace_format::int64).keys.size(), 1000u);
}

TEST(replay_traces, oracle_general_has_keys_and_sizes) {
  const std::string bytes = oracle_record(1, 0xABCDEF0123456789, 512, 2) + oracle_record(1, 4, 0, -1) +
                            oracle_record(2, 0xABCDEF0123456789, 512, -1);
  const trace read_one = read(bytes);
  EXPECT_EQ(read_one.format, "oracle_general");
  EXPECT_EQ(read_one.keys, (numbers{0, 1, 0}));
  EXPECT_EQ(read_one.sizes, (numbers{512, 1}));
}

TEST(replay_traces, reading_in_small_steps_changes_nothing) {
  const std::string text = "10 3 0 0\r\n11 1 0 1\n\n13 2 0 2";
  const std::string records = repeated(50, [](std::uint64_t i) { return big_endian(i % 9, 8); });
  for (const std::size_t step : {1u, 2u, 7u}) {
    EXPECT_EQ(read(text, {}, step).keys, read(text).keys);
    EXPECT_EQ(read(records, trace_format::int64, step).keys, read(records, trace_format::int64).keys);
  }
}

TEST(replay_traces, a_record_that_is_cut_off_is_named_by_its_offset) {
  const std::string wide = repeated(300, [](std::uint64_t i) { return big_endian(i % 5, 8); });
  EXPECT_TRUE(contains(error_of(wide + "abc"), "offset 2400: it ends in the middle of a record of 8 bytes"));
  EXPECT_TRUE(contains(error_of("123456", trace_format::int32), "offset 4: "));
  const std::string oracle = oracle_record(1, 2, 3, -1);
  EXPECT_TRUE(contains(error_of(oracle + oracle.substr(1), trace_format::oracle_general), "offset 24: "));
}

TEST(replay_traces, a_line_of_another_shape_is_named_by_offset_and_line) {
  EXPECT_EQ(error_of("1\n2\nthree\n", trace_format::integers),
            "offset 4 (line 3): 'three' is not a whole number");
  EXPECT_EQ(error_of("1 1 0 0\n2 1 0\n"), "offset 8 (line 2): '2 1 0' is not 'start count x seq'");
  EXPECT_EQ(error_of("1 2 3\n1 2\n"), "offset 6 (line 2): '1 2' is not 'time key bytes'");
  EXPECT_TRUE(contains(error_of("5\n18446744073709551616\n"), "offset 2 (line 2)")) << "too large";
  EXPECT_TRUE(contains(error_of("1 2 4294967296\n", trace_format::sized), "offset 0 (line 1)"));
  EXPECT_TRUE(contains(error_of("1 2 3 4 5 6 7 8 9\n", trace_format::integers), "offset 0 (line 1)"));
}

TEST(replay_traces, a_run_of_blocks_without_end_is_refused) {
  EXPECT_TRUE(contains(error_of("1 99999999999 0 0\n", trace_format::arc), "offset 0 (line 1)"));
}

TEST(replay_traces, what_is_no_trace_is_refused) {
  EXPECT_EQ(error_of(""), "it is empty");
  EXPECT_EQ(error_of("*\n*\n", trace_format::integers), "it has no requests");
  const std::vector<std::string> foreign{"To be, or not to be\n",
                                         "{\"a\": 1}",
                                         "\x7F\x45LF\x02\x01\x01",  // an ELF file: E would be a digit of \x7F
                                         "1 2\n",
                                         "*\n",
                                         std::string(100, 'x'),
                                         std::string("a\0b", 3)};
  for (const std::string& each : foreign) EXPECT_TRUE(contains(error_of(each), "offset 0: no trace")) << each;
  EXPECT_TRUE(contains(error_of(std::string(5000, '1'), trace_format::integers), "a line of more than"));
}

TEST(replay_traces, generators_make_the_same_requests_each_time) {
  const trace zipf = *generate_trace("zipf:1.0:100:20000");
  EXPECT_EQ(zipf.keys, generate_trace("zipf:1.0:100:20000")->keys);
  EXPECT_EQ(zipf.keys.size(), 20'000u);
  std::map<std::uint32_t, int> counts;
  for (const std::uint32_t key : zipf.keys) ++counts[key];
  std::vector<int> sorted;
  for (const auto& [key, count] : counts) sorted.push_back(count);
  std::ranges::sort(sorted, std::greater<>());
  EXPECT_NEAR(sorted[0], 20'000 / 5.187, 200) << "the 100th harmonic number is 5.187";
  EXPECT_NEAR(double(sorted[0]) / sorted[9], 10, 3);

  EXPECT_EQ(generate_trace("loop:3:7")->keys, (numbers{0, 1, 2, 0, 1, 2, 0}));
  const trace scan = *generate_trace("scan:10:1000");
  EXPECT_GE(scan.distinct, 500u);
  EXPECT_LE(scan.distinct, 510u);
}

TEST(replay_traces, a_generator_with_wrong_numbers_is_an_error_and_other_names_are_files) {
  for (const char* const wrong : {"zipf:1:2", "zipf:x:10:10", "zipf:-1:10:10", "zipf:1:0:10", "loop:10",
                                  "loop:10:0", "scan:10:10:10", "loop:10:99999999999999", "zipf:nan:10:10"})
    EXPECT_THROW(generate_trace(wrong), input_error) << wrong;
  for (const char* const other : {"zipf", "loop", "a:b", "./zipf:1:2:3", "zipfian:1:2:3"})
    EXPECT_FALSE(generate_trace(other).has_value()) << other;
}

}  // namespace
