// SPDX-License-Identifier: MIT
// The output of `plait count`.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <plait/keyed_counter.hpp>

namespace plait::cli {

using word_frequency = std::pair<std::string_view, std::int64_t>;

// Of words counted with --max-keys: what owns them, and by how much the count of each may be too high.
struct word_estimates {
  std::vector<std::pair<std::string, plait::count_estimate>> of_words;
  std::int64_t greatest_error = 0;  // of these
};

struct count_report {
  std::int64_t total = 0;
  std::size_t distinct = 0;  // or kept, with --max-keys
  std::uint64_t bytes = 0;
  std::chrono::duration<double> elapsed{};
  std::vector<word_frequency> words;  // the most common first, ties by code point

  std::optional<word_estimates> estimated;  // with --max-keys
};

// Fills in total, distinct and the `top` most common words, which stay in `words`.
void rank_words(count_report& report, const plait::keyed_counter<std::string>& words, std::size_t top);

// The same for words counted with --max-keys.
void rank_estimates(count_report& report, const plait::keyed_counter<std::string>& words, std::size_t top);

// Both throw std::system_error if writing fails.
void write_table(const count_report& report, std::FILE* to);
void write_json(const count_report& report, std::FILE* to);

// "17,203,442 words, 269,525 distinct, 128.5 MB in 0.31 s (415.0 MB/s), 2 threads"
std::string summary_line(const count_report& report, unsigned threads);

}  // namespace plait::cli
