// SPDX-License-Identifier: MIT
// A bundle: several items of a queue as one string, as they travel and as the server keeps them (queue.lua):
// how often they were delivered before, how many they are, and for each its length and its bytes. Numbers have
// four bytes, the least first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <plait/remote/error.hpp>

namespace plait::remote {

class bundle_writer {
 public:
  void add(std::string_view item) {
    append(item.size());
    text_.append(item);
    ++count_;
  }
  bool empty() const noexcept { return count_ == 0; }
  std::size_t size() const noexcept { return count_; }
  std::size_t bytes() const noexcept { return text_.size(); }

  // Items that nobody has had.
  std::string finish() && {
    for (std::size_t i = 0; i < number_size; ++i) text_[number_size + i] = byte(count_, i);
    return std::move(text_);
  }

 private:
  static constexpr std::size_t number_size = 4;

  static char byte(std::size_t number, std::size_t i) { return static_cast<char>(number >> (8 * i) & 0xff); }
  void append(std::size_t number) {
    for (std::size_t i = 0; i < number_size; ++i) text_.push_back(byte(number, i));
  }

  std::string text_ = std::string(2 * number_size, '\0');
  std::size_t count_ = 0;
};

// Reads the items of bundles that follow each other.
class bundle_reader {
 public:
  explicit bundle_reader(std::string_view joined) : rest_(joined) { begin_bundle(); }

  bool at_end() const noexcept { return left_ == 0; }
  std::uint64_t deliveries_before() const noexcept { return before_; }  // of the next item
  std::string_view next() {
    const std::string_view item = read(number());
    if (--left_ == 0) begin_bundle();
    return item;
  }

 private:
  void begin_bundle() {
    while (left_ == 0 && !rest_.empty()) {
      before_ = number();
      left_ = number();
    }
  }
  std::uint32_t number() {
    std::uint32_t value = 0;
    unsigned shift = 0;
    for (const char one : read(4)) {
      value |= static_cast<std::uint32_t>(static_cast<unsigned char>(one)) << shift;
      shift += 8;
    }
    return value;
  }
  std::string_view read(std::size_t count) {
    if (count > rest_.size())
      throw error(errc::protocol, "plait::remote::queue: the server's answer ends in an item");
    const std::string_view found = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return found;
  }

  std::string_view rest_;
  std::uint32_t before_ = 0, left_ = 0;
};

inline std::size_t count_items(std::string_view joined) {
  std::size_t count = 0;
  for (bundle_reader items(joined); !items.at_end(); ++count) (void)items.next();
  return count;
}

}  // namespace plait::remote
