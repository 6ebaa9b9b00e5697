// SPDX-License-Identifier: MIT
#include "map_keys.hpp"

#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace bench {
namespace {

struct key_text {
  std::string letters;
  std::vector<key_stream<std::string>::word> words;

  key_text(std::size_t reader, std::size_t keys) {
    constexpr std::size_t length = std::size_t{1} << 16;
    random_bits random(reader);
    std::vector<std::pair<std::size_t, std::uint32_t>> ends;
    for (std::size_t i = 0; i != length; ++i) {
      const looked_up<std::string> drawn = key_of<std::string>(below(keys, random.next()));
      letters += drawn.key;
      ends.emplace_back(letters.size(), drawn.tag);
    }
    std::size_t start = 0;
    for (const auto& [end, tag] : ends) {
      words.push_back({std::string_view(letters).substr(start, end - start), tag});
      start = end;
    }
  }
};

}  // namespace

template <>
looked_up<std::string> key_of(std::size_t i) {
  constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string key;
  for (std::size_t rest = i;; rest /= digits.size()) {
    key += digits[rest % digits.size()];
    if (rest < digits.size()) break;
  }
  key += '/';  // up to here it is a key like no other
  std::uint64_t bits = key_of<std::uint64_t>(i).key;
  for (std::size_t length = 8 + bits % 17; key.size() < length; bits = bits >> 7 ^ bits << 50)
    key += digits[bits % digits.size()];
  return {std::move(key), static_cast<std::uint32_t>(i)};
}

std::span<const key_stream<std::string>::word> key_stream<std::string>::text(std::size_t reader,
                                                                             std::size_t keys) {
  static std::map<std::pair<std::size_t, std::size_t>, std::unique_ptr<const key_text>> texts;
  auto& made = texts[{reader, keys}];
  if (!made) made = std::make_unique<const key_text>(reader, keys);
  return made->words;
}

}  // namespace bench
