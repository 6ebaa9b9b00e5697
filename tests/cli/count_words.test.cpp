// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "count/characters.hpp"
#include "count/utf8.hpp"
#include "count/words.hpp"

namespace {

using namespace plait::cli;
using words = std::vector<std::string>;

words split(std::string text, const word_rules& rules = {}) {
  words found;
  word_splitter splitter(rules, [&](std::span<const std::string_view> batch) {
    found.insert(found.end(), batch.begin(), batch.end());
  });
  splitter.split(text);
  return found;
}

std::u32string decode(std::string_view text) {
  std::u32string code_points;
  while (!text.empty()) {
    const auto [code_point, length] = decode_first(text);
    code_points.push_back(code_point);
    text.remove_prefix(length);
  }
  return code_points;
}

TEST(utf8, every_code_point_survives_encoding_and_decoding) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string text;
    append_utf8(text, c);
    const auto [code_point, length] = decode_first(text);
    ASSERT_EQ(code_point, c);
    ASSERT_EQ(length, text.size());
  }
}

TEST(utf8, every_maximal_part_of_an_invalid_sequence_becomes_one_replacement) {
  EXPECT_EQ(decode("\xED\xA0\x80"), U"\uFFFD\uFFFD\uFFFD");            // a surrogate
  EXPECT_EQ(decode("\xC0\xAF"), U"\uFFFD\uFFFD");                      // overlong
  EXPECT_EQ(decode("\xE0\x80\x80"), U"\uFFFD\uFFFD\uFFFD");            // overlong
  EXPECT_EQ(decode("\xF4\x90\x80\x80"), U"\uFFFD\uFFFD\uFFFD\uFFFD");  // above U+10FFFF
  EXPECT_EQ(decode("\xF1\x80\x80"
                   "x"),
            U"\uFFFDx");  // cut short: one
  EXPECT_EQ(decode("\xE1\x80\xE1\x80\x80"), U"\uFFFD\u1000");
  EXPECT_EQ(decode("\x80\xFF"), U"\uFFFD\uFFFD");
}

TEST(word_splitter, splits_at_white_space_and_lower_cases) {
  EXPECT_EQ(split("The quick\tBROWN\n\n fox's "), (words{"the", "quick", "brown", "fox's"}));
  EXPECT_EQ(split(""), words{});
  EXPECT_EQ(split(" \t\r\n"), words{});
}

TEST(word_splitter, finds_words_at_every_offset_and_of_every_length) {
  for (std::size_t before = 0; before != 130; ++before) {
    for (std::size_t length = 1; length != 140; ++length) {
      const std::string word(length, 'Q');
      const words expected{std::string(length, 'q'), "end"};
      ASSERT_EQ(split(std::string(before, ' ') + word + " End"), expected) << before << ' ' << length;
    }
  }
}

TEST(word_splitter, splits_exactly_at_the_white_space_of_python) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string text = "a";
    append_utf8(text, c);
    text += "b";
    ASSERT_EQ(split(text).size(), is_space(c) ? 2u : 1u) << std::hex << static_cast<unsigned>(c);
  }
}

TEST(word_splitter, hands_on_more_words_than_one_batch_holds) {
  std::string text;
  for (int i = 0; i != 100'000; ++i) text += i % 2 == 0 ? "É " : "e ";
  const words found = split(text);
  ASSERT_EQ(found.size(), 100'000u);
  for (std::size_t i = 0; i != found.size(); ++i) ASSERT_EQ(found[i], i % 2 == 0 ? "é" : "e");
}

TEST(word_splitter, lower_cases_as_python_does) {
  EXPECT_EQ(split("ÀÉÎ ПРИВЕТ \u1E9E"), (words{"àéî", "привет", "ß"}));
  EXPECT_EQ(split("\u0130stanbul"), words{"i\u0307stanbul"});
  EXPECT_EQ(split("\u212A"), words{"k"});  // the kelvin sign becomes ASCII
}

TEST(word_splitter, a_capital_sigma_is_final_at_the_end_of_a_word_only) {
  EXPECT_EQ(split("ΟΔΥΣΣΕΥΣ"), words{"οδυσσευς"});
  EXPECT_EQ(split("Σ"), words{"σ"});               // no letter before it
  EXPECT_EQ(split("ΑΣ'Α"), words{"ασ'α"});         // the apostrophe is ignored: a letter follows
  EXPECT_EQ(split("ΑΣ ΑΣ"), (words{"ας", "ας"}));  // no context reaches across white space
  EXPECT_EQ(split("x.Σ"), words{"x.ς"});           // an ASCII letter is a letter
}

TEST(word_splitter, keeps_case_when_asked) {
  EXPECT_EQ(split("Ab ÀB \u0130", {.keep_case = true}), (words{"Ab", "ÀB", "\u0130"}));
}

TEST(word_splitter, alphanumeric_words_are_runs_of_letters_and_digits) {
  const word_rules rules{.kind = word_kind::alphanumeric};
  EXPECT_EQ(split("fox's, snake_case (x2) --", rules), (words{"fox", "s", "snake", "case", "x2"}));
  EXPECT_EQ(split("l'Été—½ 你好，世界", rules), (words{"l", "été", "½", "你好", "世界"}));
}

TEST(word_splitter, min_length_counts_code_points) {
  EXPECT_EQ(split("a éé ee abc", {.min_length = 2}), (words{"éé", "ee", "abc"}));
  EXPECT_EQ(split("a éé ee abc", {.min_length = 3}), words{"abc"});
}

TEST(word_splitter, a_word_of_invalid_bytes_alone_grows_and_is_kept_whole) {
  std::string replaced;
  for (int i = 0; i != 100'000; ++i) replaced += "\uFFFD";
  EXPECT_EQ(split(std::string(100'000, '\xFF')), words{replaced});
}

TEST(append_lower, never_makes_utf8_more_than_three_times_as_long_as_its_source) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::u32string lowered;
    append_lower(lowered, std::u32string_view(&c, 1));
    std::string before;
    std::string after;
    append_utf8(before, c);
    for (const char32_t each : lowered) append_utf8(after, each);
    ASSERT_LE(after.size(), 3 * before.size()) << std::hex << static_cast<unsigned>(c);
  }
}

}  // namespace
