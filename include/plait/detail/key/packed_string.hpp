// SPDX-License-Identifier: MIT
// Strings of a few words, most of which hold all their characters in these.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// A view of a text in words that are quick to compare. It does not own the characters of a long text, which is
// one of more than short_size characters.
//
//   short:   | size | the characters, zeros ...                    |   the size is one byte
//   long:    | 255, the size in seven bytes | pointer | others ... |   one of them is for whoever keeps it
//
// The words are made in registers: what has been stored in parts is slow to load as a whole. They are all that
// is compared of two short texts, so it does no harm if somebody has just changed some of them.
template <std::size_t Words>
class packed_view {
 public:
  static constexpr std::size_t short_size = Words * sizeof(std::uint64_t) - 1;

  packed_view() noexcept = default;

  explicit packed_view(std::string_view text) noexcept {
    const char* const from = text.data();
    const std::size_t size = text.size();
    if (size > short_size) {
      words_[0] = long_mark | size << 8;
      words_[1] = reinterpret_cast<std::uintptr_t>(from);
    } else if (size < 8) {
      words_[0] = size | fewer_than_eight(text) << 8;
    } else {
      words_[0] = size | read<std::uint64_t>(from) << 8;
      [&]<std::size_t... I>(std::index_sequence<I...>) {
        ((words_[I + 1] = eight_from(text, 8 * I + 7)), ...);
      }(std::make_index_sequence<Words - 1>());
    }
  }

  bool is_short() const noexcept { return (words_[0] & 0xff) != long_mark; }
  std::string_view text() const noexcept {
    if (is_short()) return {reinterpret_cast<const char*>(words_.data()) + 1, words_[0] & 0xff};
    return {pointer(), words_[0] >> 8};
  }

  // A word that goes with a long text, if there is room for it.
  std::uint64_t kept() const noexcept
    requires(Words > 2)
  {
    return words_[2];
  }
  void keep(std::uint64_t word) noexcept
    requires(Words > 2)
  {
    words_[2] = word;
  }

  // Whether both are the same short text, or the same view of a long one.
  bool has_words_of(const packed_view& other) const noexcept {
    std::uint64_t differing = 0;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      ((differing |= words_[I] ^ other.words_[I]), ...);
    }(std::make_index_sequence<Words>());
    return differing == 0;
  }
  friend bool operator==(const packed_view& left, const packed_view& right) noexcept {
    if (left.is_short()) return left.has_words_of(right);
    return left.words_[0] == right.words_[0] &&
           std::memcmp(left.pointer(), right.pointer(), left.words_[0] >> 8) == 0;
  }

 private:
  static_assert(std::endian::native == std::endian::little, "the characters would stand in another order");

  static constexpr std::uint64_t long_mark = 0xff;

  template <class Word>
  static std::uint64_t read(const char* from) noexcept {
    Word word;
    std::memcpy(&word, from, sizeof word);
    return word;
  }

  // All characters of a text as a word, then zeros. Reads of fixed sizes, which may overlap: a copy of variable
  // size would be a call.
  static std::uint64_t fewer_than_eight(std::string_view text) noexcept {
    const char* const from = text.data();
    const std::size_t size = text.size();
    if (size >= 4) return read<std::uint32_t>(from) | read<std::uint32_t>(from + size - 4) << 8 * (size - 4);
    if (size == 0) return 0;
    const auto at = [&](std::size_t i) { return read<std::uint8_t>(from + i) << 8 * i; };
    return at(0) | at(size / 2) | at(size - 1);
  }
  // Eight characters from number `at` on as a word, and zeros after the last one; there are at least eight in
  // all. Without a branch on the size, which a processor could not guess.
  static std::uint64_t eight_from(std::string_view text, std::size_t at) noexcept {
    const std::size_t end = std::min(text.size(), at + 8);
    // at - end: modulo 8 the number of characters to be left out
    const std::uint64_t last = read<std::uint64_t>(text.data() + end - 8) >> 8 * ((at - end) % 8);
    return last & -std::uint64_t{end > at};
  }

  const char* pointer() const noexcept {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): characters share the word with it
    return reinterpret_cast<const char*>(static_cast<std::uintptr_t>(words_[1]));
  }

  std::array<std::uint64_t, Words> words_{};
};

// A constant string of so many words, which allocates for a long text.
template <std::size_t Words>
class packed_string {
 public:
  using view = packed_view<Words>;

  explicit packed_string(const view& text) : text_(text) {
    if (text.is_short()) return;
    const std::string_view all = text.text();
    char* const copy = new char[all.size()];
    std::memcpy(copy, all.data(), all.size());
    text_ = view({copy, all.size()});
  }
  packed_string(const packed_string& other) : packed_string(other.text_) {}
  packed_string(packed_string&& other) noexcept : text_(std::exchange(other.text_, {})) {}
  packed_string& operator=(packed_string other) noexcept {
    std::swap(text_, other.text_);
    return *this;
  }
  ~packed_string() {
    if (!text_.is_short()) delete[] text_.text().data();
  }

  // The characters of a view that release() has returned, or of a short text.
  static packed_string adopt(const view& owned) noexcept { return packed_string(owned, adopted()); }
  view release() noexcept { return std::exchange(text_, {}); }

  std::string_view text() const noexcept { return text_.text(); }
  operator std::string_view() const noexcept { return text(); }

  friend bool operator==(const packed_string& left, const view& right) noexcept { return left.text_ == right; }
  friend bool operator==(const packed_string& left, const packed_string& right) noexcept {
    return left.text_ == right.text_;
  }

 private:
  struct adopted {};
  packed_string(const view& owned, adopted) noexcept : text_(owned) {}

  view text_;  // owns the characters if it is not short
};

}  // namespace PLAIT_NAMESPACE::detail
