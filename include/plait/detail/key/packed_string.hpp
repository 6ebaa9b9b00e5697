// SPDX-License-Identifier: MIT
// Strings of 16 bytes that hold up to 12 characters without an allocation.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// A view of a text in 16 bytes that are quick to compare. It does not own the characters of a long text.
//
//   size <= 12:   | size | the characters, zeros          |
//   size >  12:   | size | the first 4 | pointer to all   |
//
// Two words that are made in registers: what has been stored in parts is slow to load as a whole.
class packed_view {
 public:
  static constexpr std::size_t short_size = 12;

  packed_view() noexcept = default;

  // Throws std::length_error above 2^32 - 1 characters.
  explicit packed_view(std::string_view text) {
    const char* const from = text.data();
    const std::size_t size = text.size();
    std::uint64_t first = 0;   // 4 characters
    std::uint64_t others = 0;  // 8, or the pointer
    // Reads of fixed sizes, which may overlap: a copy of variable size would be a call.
    if (size > short_size) {
      first = read<std::uint32_t>(from);
      others = reinterpret_cast<std::uintptr_t>(from);
    } else if (size >= 8) {
      first = read<std::uint32_t>(from);
      others = read<std::uint32_t>(from + 4) | last_four(text) >> 8 * (short_size - size) << 32;
    } else if (size >= 4) {
      first = read<std::uint32_t>(from);
      others = last_four(text) >> 8 * (8 - size);
    } else if (size != 0) {
      const auto at = [&](std::size_t i) { return std::uint64_t{read<std::uint8_t>(from + i)} << 8 * i; };
      first = at(0) | at(size / 2) | at(size - 1);
    }
    parts_ = {checked(size) | first << 32, others};
  }

  bool is_short() const noexcept { return size() <= short_size; }
  std::string_view text() const noexcept {
    return {is_short() ? reinterpret_cast<const char*>(parts_.data()) + sizeof(std::uint32_t) : pointer(),
            size()};
  }

  friend bool operator==(const packed_view& left, const packed_view& right) noexcept {
    if (left.is_short()) return ((left.parts_[0] ^ right.parts_[0]) | (left.parts_[1] ^ right.parts_[1])) == 0;
    return left.parts_[0] == right.parts_[0] && std::memcmp(left.pointer(), right.pointer(), left.size()) == 0;
  }

 private:
  static_assert(std::endian::native == std::endian::little, "the characters would stand in another order");

  template <class Word>
  static Word read(const char* from) noexcept {
    Word word;
    std::memcpy(&word, from, sizeof word);
    return word;
  }
  static std::uint64_t last_four(std::string_view text) noexcept {
    return read<std::uint32_t>(text.data() + text.size() - 4);
  }
  static std::uint64_t checked(std::size_t size) {
    if (size > std::numeric_limits<std::uint32_t>::max())
      throw std::length_error("plait: a key has " + std::to_string(size) +
                              " characters; at most 2^32 - 1 are possible");
    return size;
  }

  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(parts_[0]); }
  const char* pointer() const noexcept {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): characters share the word with it
    return reinterpret_cast<const char*>(static_cast<std::uintptr_t>(parts_[1]));
  }

  std::array<std::uint64_t, 2> parts_{};
};

// A constant string of 16 bytes, half of a std::string's size; above 12 characters it allocates.
class packed_string {
 public:
  explicit packed_string(const packed_view& text) : text_(text) {
    if (text.is_short()) return;
    const std::string_view all = text.text();
    char* const copy = new char[all.size()];
    std::memcpy(copy, all.data(), all.size());
    text_ = packed_view({copy, all.size()});
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

  std::string_view text() const noexcept { return text_.text(); }
  operator std::string_view() const noexcept { return text(); }

  friend bool operator==(const packed_string& left, const packed_view& right) noexcept {
    return left.text_ == right;
  }
  friend bool operator==(const packed_string& left, const packed_string& right) noexcept {
    return left.text_ == right.text_;
  }

 private:
  packed_view text_;  // owns the characters if it is not short
};

}  // namespace PLAIT_NAMESPACE::detail
