// SPDX-License-Identifier: MIT
#include "zipf_words.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace bench {
namespace {

constexpr std::size_t vocabulary = 100'000;
constexpr std::size_t length = std::size_t{1} << 18;

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
    std::vector<double> up_to_rank(vocabulary);
    double sum = 0;
    for (std::size_t rank = 0; rank != vocabulary; ++rank)
      up_to_rank[rank] = sum += 1 / static_cast<double>(rank + 1);

    // The generator is the same everywhere; the standard's distributions are not.
    std::mt19937_64 random(seed);
    std::vector<std::size_t> ends;
    for (std::size_t i = 0; i != length; ++i) {
      const double at = static_cast<double>(random() >> 11) * 0x1p-53 * sum;
      const auto rank = std::ranges::upper_bound(up_to_rank, at) - up_to_rank.begin();
      letters += word_of(static_cast<std::size_t>(rank));
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

}  // namespace bench
