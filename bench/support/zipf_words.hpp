// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace bench {

using word_stream = std::span<const std::string_view>;

// A text of 2^18 words, the same in every run and on every machine: of 100 000 made-up words, the one of rank r
// occurs in proportion to 1/r, and the frequent ones are short. Each `reader` has a text of its own, generated
// at its first call; the words are contiguous in memory, as in a file.
word_stream zipf_words(std::size_t reader);

using number_stream = std::span<const std::uint64_t>;

// The same of 10 000 numbers, which are spread over all 64 bits.
number_stream zipf_numbers(std::size_t reader);

}  // namespace bench
