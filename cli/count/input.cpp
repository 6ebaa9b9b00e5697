// SPDX-License-Identifier: MIT
#include "count/input.hpp"

#include <algorithm>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "count/interruption.hpp"

namespace plait::cli {

input_file input_file::standard_input() {
  input_file file("standard input");
  file.descriptor_ = STDIN_FILENO;
  file.owned_ = false;
  return file;
}

input_file::input_file(input_file&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)), owned_(other.owned_) {}

input_file::~input_file() {
  if (owned_ && is_open()) ::close(descriptor_);
}

void input_file::open(int flags) {
  descriptor_ = open_path(path_, O_RDONLY | flags).release();
}

void input_file::open_regular() {
  open(O_NONBLOCK);
  if (!S_ISREG(status_of(descriptor_).st_mode)) throw input_error("is no longer a regular file");
}

void input_file::open_any() {
  open(O_NONBLOCK);
  // Opening a pipe must not wait for its writer, or Ctrl-C would be ignored; reading it must wait.
  ::fcntl(descriptor_, F_SETFL, ::fcntl(descriptor_, F_GETFL) & ~O_NONBLOCK);
}

std::size_t input_file::read_at(std::uint64_t offset, std::span<char> to) const {
  return static_cast<std::size_t>(
      uninterrupted([&] { return ::pread(descriptor_, to.data(), to.size(), static_cast<off_t>(offset)); }));
}

std::uint64_t input_file::size() const {
  return static_cast<std::uint64_t>(status_of(descriptor_).st_size);
}

std::size_t input_file::read(std::span<char> to) const {
  interruption::wait_for_input(descriptor_);
  return static_cast<std::size_t>(uninterrupted([&] { return ::read(descriptor_, to.data(), to.size()); }));
}

bool looks_binary(std::span<const char> beginning) noexcept {
  const auto checked = beginning.first(std::min(beginning.size(), binary_check_size));
  return std::ranges::find(checked, '\0') != checked.end();
}

}  // namespace plait::cli
