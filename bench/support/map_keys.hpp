// SPDX-License-Identifier: MIT
// The keys of the map workloads, and the order in which a thread looks them up: the same in every run and on
// every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace bench {

// Random bits, cheaper than the map under test: a linear congruential generator. The low bits of its state are
// weak.
class random_bits {
 public:
  explicit random_bits(std::size_t seed) : state_(seed * 0x9e3779b97f4a7c15 + 1) {
    for (int i = 0; i != 4; ++i) next();
  }
  std::uint64_t next() noexcept { return state_ = state_ * 0x5851f42d4c957f2d + 0x14057b7ef767814f; }

 private:
  std::uint64_t state_;
};

// A number below `bound`, from the upper bits.
inline std::size_t below(std::size_t bound, std::uint64_t bits) noexcept {
  return static_cast<std::size_t>((bits >> 32) * bound >> 32);
}

// A key as it is looked up, and 32 bits that go with it, by which a value is known to be this key's.
template <class Key>
struct looked_up {
  Key key;
  std::uint32_t tag;
};

// Key number i of a map with keys of type Key, a different one for each i below 2^32.
template <class Key>
looked_up<Key> key_of(std::size_t i);

// Scrambled: neighbours are not neighbours in a map whose hash is the number itself.
template <>
inline looked_up<std::uint64_t> key_of(std::size_t i) {
  const std::uint64_t product = (i + 1) * 0xd6e8feb86659fd93;
  const std::uint64_t key = product ^ product >> 32;
  return {key, static_cast<std::uint32_t>(key)};
}

// 8 to 24 letters and digits, of which about half fit into a std::string without an allocation.
template <>
looked_up<std::string> key_of(std::size_t i);

// Yields key_of(random number below `keys`), one after the other.
template <class Key>
class key_stream;

template <>
class key_stream<std::uint64_t> {
 public:
  key_stream(std::size_t /*reader*/, std::size_t keys) : keys_(keys) {}
  looked_up<std::uint64_t> next(std::uint64_t bits) const { return key_of<std::uint64_t>(below(keys_, bits)); }

 private:
  std::size_t keys_;
};

// A text of 2^16 words that is written once for each reader and number of keys, since making a word takes
// longer than looking it up; the words lie in memory one after the other, as in a file.
template <>
class key_stream<std::string> {
 public:
  using word = looked_up<std::string_view>;
  key_stream(std::size_t reader, std::size_t keys) : words_(text(reader, keys)) {}
  word next(std::uint64_t /*bits*/) { return words_[at_++ % words_.size()]; }

 private:
  static std::span<const word> text(std::size_t reader, std::size_t keys);

  std::span<const word> words_;
  std::size_t at_ = 0;
};

}  // namespace bench
