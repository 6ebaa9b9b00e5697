// SPDX-License-Identifier: MIT
#include "count/messages.hpp"

#include <cstdio>

#include <fmt/format.h>

#include "command_line/printable.hpp"

namespace plait::cli {
namespace {

constexpr std::string_view erase_line = "\r\x1b[K";

void write(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);  // an error here cannot be reported
  std::fflush(stderr);
}

}  // namespace

void messages::error(std::string_view text) {
  const std::lock_guard lock(mutex_);
  ++errors_;
  write_line(text);
}

std::size_t messages::errors() const {
  const std::lock_guard lock(mutex_);
  return errors_;
}

void messages::note(std::string_view text) {
  const std::lock_guard lock(mutex_);
  write_line(text);
}

void messages::show_progress(std::string_view line) {
  const std::lock_guard lock(mutex_);
  if (!line.empty() || bar_is_shown_) write(fmt::format("{}{}", erase_line, line));
  bar_is_shown_ = !line.empty();
}

void messages::write_line(std::string_view text) {
  write(fmt::format("{}{}: {}\n", bar_is_shown_ ? erase_line : "", command_, printable(text)));
  bar_is_shown_ = false;
}

}  // namespace plait::cli
