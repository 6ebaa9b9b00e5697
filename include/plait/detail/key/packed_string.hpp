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
class packed_view {
 public:
  static constexpr std::size_t short_size = 12;

  packed_view() noexcept = default;

  // Throws std::length_error above 2^32 - 1 characters.
  explicit packed_view(std::string_view text) : size_(checked(text.size())) {
    const char* const from = text.data();
    const std::size_t size = text.size();
    // Copies of fixed sizes, which may overlap: a copy of variable size would be a call.
    if (size > short_size) {
      std::memcpy(bytes_, from, pointer_at);
      std::memcpy(bytes_ + pointer_at, &from, sizeof from);
    } else if (size >= 8) {
      std::memcpy(bytes_, from, 8);
      std::memcpy(bytes_ + size - 4, from + size - 4, 4);
    } else if (size >= 4) {
      std::memcpy(bytes_, from, 4);
      std::memcpy(bytes_ + size - 4, from + size - 4, 4);
    } else if (size != 0) {
      bytes_[0] = from[0];
      bytes_[size / 2] = from[size / 2];
      bytes_[size - 1] = from[size - 1];
    }
  }

  bool is_short() const noexcept { return size_ <= short_size; }
  std::string_view text() const noexcept { return {is_short() ? bytes_ : pointer(), size_}; }

  friend bool operator==(const packed_view& left, const packed_view& right) noexcept {
    const words mine = std::bit_cast<words>(left);
    const words others = std::bit_cast<words>(right);
    if (left.is_short()) return ((mine[0] ^ others[0]) | (mine[1] ^ others[1])) == 0;
    return mine[0] == others[0] && std::memcmp(left.pointer(), right.pointer(), left.size_) == 0;
  }

 private:
  using words = std::array<std::uint64_t, 2>;
  static constexpr std::size_t pointer_at = 4;

  static std::uint32_t checked(std::size_t size) {
    if (size > std::numeric_limits<std::uint32_t>::max())
      throw std::length_error("plait: a key has " + std::to_string(size) +
                              " characters; at most 2^32 - 1 are possible");
    return static_cast<std::uint32_t>(size);
  }

  const char* pointer() const noexcept {
    const char* text = nullptr;
    std::memcpy(&text, bytes_ + pointer_at, sizeof text);
    return text;
  }

  alignas(8) std::uint32_t size_ = 0;
  char bytes_[short_size] = {};
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
