// SPDX-License-Identifier: MIT
#include <algorithm>
#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "count/runs.hpp"

namespace {

using namespace plait::cli;

// The segment [first, last) of `text`, read in steps of at most `step` bytes.
std::string segment(std::string_view text, std::uint64_t first, std::uint64_t last, std::size_t step = 1000) {
  std::vector<char> buffer;
  std::string all;
  read_runs(
      first, last, buffer,
      [&](std::uint64_t offset, std::span<char> to) {
        const std::string_view rest = text.substr(std::min<std::uint64_t>(offset, text.size()));
        return rest.copy(to.data(), std::min(to.size(), step));
      },
      [&](std::span<char> piece) {
        // A piece is whole words: a boundary, or an end of the text, on both sides.
        EXPECT_TRUE(all.empty() || is_boundary(all.back()) || is_boundary(piece.front()));
        all.append(piece.data(), piece.size());
      });
  return all;
}

std::string random_text(std::mt19937& random, std::size_t size) {
  std::string text(size, 'x');
  for (char& byte : text)
    if (random() % 4 == 0) byte = random() % 2 == 0 ? ' ' : '\n';
  return text;
}

TEST(read_runs, two_segments_are_the_text_whatever_their_border) {
  std::mt19937 random(1);
  for (int round = 0; round != 50; ++round) {
    const std::string text = random_text(random, 1 + random() % 40);
    for (std::uint64_t border = 1; border <= text.size(); ++border) {
      for (const std::size_t step : {1u, 2u, 7u, 1000u}) {
        const std::string left = segment(text, 0, border, step);
        const std::string right = border == text.size() ? "" : segment(text, border, text.size(), step);
        ASSERT_EQ(left + right, text) << border << ' ' << step;
        ASSERT_TRUE(left.empty() || right.empty() || is_boundary(left.back()));
      }
    }
  }
}

TEST(read_runs, segments_of_any_size_add_up_to_the_text) {
  std::mt19937 random(2);
  for (const std::size_t size : {1u, 5u, 100u, 20'000u}) {
    const std::string text = random_text(random, size);
    for (const std::uint64_t length : {1u, 2u, 3u, 64u, 5000u}) {
      std::string all;
      for (std::uint64_t first = 0; first < size; first += length)
        all += segment(text, first, std::min<std::uint64_t>(size, first + length));
      ASSERT_EQ(all, text) << size << ' ' << length;
    }
  }
}

TEST(read_runs, a_word_longer_than_many_segments_belongs_to_the_first) {
  const std::string text = "a " + std::string(100'000, 'x') + " b";
  std::string all;
  for (std::uint64_t first = 0; first < text.size(); first += 1000) {
    const std::string part = segment(text, first, std::min<std::uint64_t>(text.size(), first + 1000));
    EXPECT_EQ(part.empty(), first != 0 && first + 1000 < text.size()) << first;
    all += part;
  }
  EXPECT_EQ(all, text);
}

TEST(read_runs, reads_to_the_end_of_a_file_of_unknown_length) {
  std::mt19937 random(3);
  const std::string text = random_text(random, 100'000);
  EXPECT_EQ(segment(text, 0, end_of_file), text);
  EXPECT_EQ(segment("", 0, end_of_file), "");
}

TEST(read_runs, ends_where_a_file_that_became_shorter_ends) {
  EXPECT_EQ(segment("one two", 0, 1'000'000), "one two");
  EXPECT_EQ(segment("one two", 500, 1'000'000), "");
}

}  // namespace
