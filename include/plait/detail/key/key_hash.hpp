// SPDX-License-Identifier: MIT
// The default hash function of keys.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// The bytes of a text of less than 8 bytes as two words. The reads may overlap, so that none is left out.
struct byte_words {
  std::uint64_t first;
  std::uint64_t second;

  template <class Word>
  static std::uint64_t read(const char* from) noexcept {
    Word word;
    std::memcpy(&word, from, sizeof word);
    return word;
  }

  static byte_words of(const char* text, std::size_t size) noexcept {
    if (size >= 4) return {read<std::uint32_t>(text), read<std::uint32_t>(text + size - 4)};
    if (size == 0) return {0, 0};
    return {read<std::uint8_t>(text) | read<std::uint8_t>(text + size / 2) << 8,
            read<std::uint8_t>(text + size - 1)};
  }
};

// Spreads every bit of `word` over the result, best over its upper half.
constexpr std::uint64_t mix(std::uint64_t word) noexcept {
  word = (word ^ word >> 32) * 0x9fb21c651e98df25;
  word = (word ^ word >> 29) * 0xd6e8feb86659fd93;
  return word ^ word >> 32;
}

// A fast 64-bit hash of bytes: multiply and fold, a word at a time. It depends on the byte order, and an
// attacker can construct collisions, except with a seed that the attacker does not know. Both halves of each
// product are folded. The highest bits of a word change only the highest of the lower half, whatever the seed
// is, and the next word could undo that.
inline std::uint64_t hash_bytes(const char* text, std::size_t size, std::uint64_t seed = 0) noexcept {
  std::uint64_t state = seed ^ size * 0x9e3779b97f4a7c15;
  const auto take = [&](std::uint64_t word, std::uint64_t factor) {
    state = sync::folded_product(state ^ word, factor);
  };
  if (size < 8) {
    const byte_words both = byte_words::of(text, size);
    take(both.first, 0xe7037ed1a0b428db);
    take(both.second, 0x9fb21c651e98df25);
    return state;
  }
  // Up to 24 bytes three words, which may overlap: a processor could not guess which of the sizes comes next.
  for (; size > 24; text += 8, size -= 8) take(byte_words::read<std::uint64_t>(text), 0xa0761d6478bd642f);
  take(byte_words::read<std::uint64_t>(text), 0xa0761d6478bd642f);
  take(byte_words::read<std::uint64_t>(text + std::min<std::size_t>(8, size - 8)), 0xe7037ed1a0b428db);
  take(byte_words::read<std::uint64_t>(text + size - 8), 0x9fb21c651e98df25);
  return state;
}

// The default hash of the structures. For strings it takes anything that converts to a string_view, so that
// keys can be looked up without making a string.
template <class Key>
struct key_hash {
  std::uint64_t operator()(const Key& key) const noexcept(noexcept(std::hash<Key>()(key)))
    requires requires { std::hash<Key>()(key); }
  {
    return mix(std::hash<Key>()(key));
  }
  std::uint64_t operator()(const Key& key, std::uint64_t seed) const noexcept(noexcept(std::hash<Key>()(key)))
    requires requires { std::hash<Key>()(key); }
  {
    // One multiplication will do where nobody knows the seed.
    return sync::folded_product(std::hash<Key>()(key) ^ seed, 0x9fb21c651e98df25);
  }
};

template <class Traits, class Allocator>
struct key_hash<std::basic_string<char, Traits, Allocator>> {
  using is_transparent = void;
  std::uint64_t operator()(std::basic_string_view<char, Traits> key) const noexcept {
    return hash_bytes(key.data(), key.size());
  }
  std::uint64_t operator()(std::basic_string_view<char, Traits> key, std::uint64_t seed) const noexcept {
    return hash_bytes(key.data(), key.size(), seed);
  }
};

template <class Traits>
struct key_hash<std::basic_string_view<char, Traits>> : key_hash<std::basic_string<char, Traits>> {};

}  // namespace PLAIT_NAMESPACE::detail
