// SPDX-License-Identifier: MIT
#include "zipf_words.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "map_keys.hpp"
#include "zipf.hpp"

namespace bench {
namespace {

constexpr std::size_t vocabulary = 100'000;
constexpr std::size_t number_count = 10'000;
constexpr std::size_t text_length = std::size_t{1} << 18;

// Ranks in base 40, each digit a syllable: two letters up to rank 39, four up to 1639, and so on.
std::string word_of(std::size_t rank) {
  constexpr std::string_view consonants = "bdfklmst";
  constexpr std::string_view vowels = "aeiou";
  std::string word;
  for (;;) {
    const std::size_t digit = rank % 40;
    word += consonants[digit / 5];
    word += vowels[digit % 5];
    if (rank < 40) return word;
    rank = rank / 40 - 1;
  }
}

struct zipf_text {
  std::string letters;
  std::vector<std::string_view> words;

  explicit zipf_text(std::size_t seed) {
    zipf_ranks ranks(vocabulary, seed);
    std::vector<std::size_t> ends;
    for (std::size_t i = 0; i != text_length; ++i) {
      letters += word_of(ranks.next());
      ends.push_back(letters.size());
    }
    std::size_t start = 0;
    for (const std::size_t end : ends) {
      words.push_back(std::string_view(letters).substr(start, end - start));
      start = end;
    }
  }
};

}  // namespace

word_stream zipf_words(std::size_t reader) {
  static std::map<std::size_t, std::unique_ptr<const zipf_text>> texts;
  auto& text = texts[reader];
  if (!text) text = std::make_unique<const zipf_text>(reader);
  return text->words;
}

number_stream zipf_numbers(std::size_t reader) {
  static std::map<std::size_t, std::vector<std::uint64_t>> all;
  std::vector<std::uint64_t>& numbers = all[reader];
  if (numbers.empty()) {
    zipf_ranks ranks(number_count, reader);
    for (std::size_t i = 0; i != text_length; ++i) numbers.push_back(key_of<std::uint64_t>(ranks.next()).key);
  }
  return numbers;
}

}  // namespace bench
