// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <cstdint>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <plait/detail/key_hash.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// A constant string in 16 bytes, half of what std::string takes: most words fit in it, longer ones are
// kept on the heap.
//
//   size <= 12    | size | 12 characters                     |
//   size >  12    | size | first 4 characters | pointer to all |
class packed_string {
 public:
  // Throws std::bad_alloc, and std::length_error above 2^32 - 1 characters.
  explicit packed_string(std::string_view text) : size_(checked(text.size())) {
    if (text.size() <= sizeof bytes_) {
      if (!text.empty()) std::memcpy(bytes_, text.data(), text.size());
    } else {
      char* const copy = new char[text.size()];
      std::memcpy(copy, text.data(), text.size());
      std::memcpy(bytes_, text.data(), pointer_at);
      std::memcpy(bytes_ + pointer_at, &copy, sizeof copy);
    }
  }
  packed_string(const packed_string& other) : packed_string(other.view()) {}
  packed_string(packed_string&& other) noexcept : size_(std::exchange(other.size_, 0)) {
    std::memcpy(bytes_, other.bytes_, sizeof bytes_);
  }
  packed_string& operator=(packed_string other) noexcept {
    std::swap(size_, other.size_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~packed_string() {
    if (size_ > sizeof bytes_) delete[] pointer();
  }

  std::string_view view() const noexcept { return {size_ <= sizeof bytes_ ? bytes_ : pointer(), size_}; }
  explicit operator std::string() const { return std::string(view()); }

  friend bool operator==(const packed_string& left, std::string_view right) noexcept {
    if (left.size_ != right.size()) return false;
    if (left.size_ > sizeof bytes_) return left.view() == right;
    return byte_words::of(left.bytes_, left.size_) == byte_words::of(right.data(), right.size());
  }
  friend bool operator==(const packed_string& left, const packed_string& right) noexcept {
    return left == right.view();
  }
  friend std::strong_ordering operator<=>(const packed_string& left, const packed_string& right) noexcept {
    return left.view() <=> right.view();
  }

 private:
  static constexpr std::size_t pointer_at = 4;

  static std::uint32_t checked(std::size_t size) {
    if (size > std::numeric_limits<std::uint32_t>::max())
      throw std::length_error("plait: a key has " + std::to_string(size) +
                              " characters; at most 2^32 - 1 are possible");
    return static_cast<std::uint32_t>(size);
  }

  char* pointer() const noexcept {
    char* text = nullptr;
    std::memcpy(&text, bytes_ + pointer_at, sizeof text);
    return text;
  }

  std::uint32_t size_;
  alignas(4) char bytes_[12]{};
};

}  // namespace PLAIT_NAMESPACE::detail
