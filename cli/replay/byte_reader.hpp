// SPDX-License-Identifier: MIT
// Bytes from anywhere, line by line or record by record, and where in them the reader is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace plait::cli {

class byte_reader {
 public:
  // Fills `to` from its front and returns how much of it; 0 at the end.
  using source = std::function<std::size_t(std::span<char> to)>;

  explicit byte_reader(source read) : read_(std::move(read)) {}

  // The next `size` bytes, or all that are left, without taking them. Valid until the next call.
  std::string_view peek(std::size_t size);
  void skip(std::size_t size);

  // The next line without its end, taken; none at the end. Throws input_error for one that is longer than any
  // line of a trace.
  std::optional<std::string_view> next_line();

  std::uint64_t offset() const { return offset_; }  // how many bytes were taken

 private:
  source read_;
  std::string buffer_;
  std::size_t begin_ = 0;  // of what has not been taken
  std::uint64_t offset_ = 0;
  bool at_end_ = false;
};

}  // namespace plait::cli
