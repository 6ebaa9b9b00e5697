// SPDX-License-Identifier: MIT
#include "replay/byte_reader.hpp"

#include <fmt/format.h>

#include "count/paths.hpp"

namespace plait::cli {
namespace {

constexpr std::size_t read_size = std::size_t{64} * 1024;
constexpr std::size_t longest_line = 4096;

}  // namespace

std::string_view byte_reader::peek(std::size_t size) {
  while (buffer_.size() - begin_ < size && !at_end_) {
    buffer_.erase(0, begin_);
    begin_ = 0;
    const std::size_t kept = buffer_.size();
    buffer_.resize(kept + read_size);
    buffer_.resize(kept + read_(std::span(buffer_).subspan(kept)));
    at_end_ = buffer_.size() == kept;
  }
  return std::string_view(buffer_).substr(begin_, size);
}

void byte_reader::skip(std::size_t size) {
  begin_ += size;
  offset_ += size;
}

std::optional<std::string_view> byte_reader::next_line() {
  std::string_view line = peek(longest_line);
  if (line.empty()) return std::nullopt;
  const std::size_t end = line.find('\n');
  if (end == std::string_view::npos && line.size() == longest_line)
    throw input_error(
        fmt::format("offset {}: a line of more than {} bytes; this is no trace", offset_, longest_line));
  line = line.substr(0, end);
  skip(end == std::string_view::npos ? line.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace plait::cli
