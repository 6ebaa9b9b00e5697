// SPDX-License-Identifier: MIT
#include "count/paths.hpp"

#include <climits>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace plait::cli {

void fail() {
  throw input_error(std::generic_category().message(errno));
}

file_descriptor::~file_descriptor() {
  if (number_ >= 0) ::close(number_);
}

file_descriptor::file_descriptor(file_descriptor&& other) noexcept : number_(other.release()) {}

file_descriptor& file_descriptor::operator=(file_descriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

int file_descriptor::release() noexcept {
  return std::exchange(number_, -1);
}

file_descriptor open_path(const std::string& path, int flags) {
  const auto open_in = [](int folder, const char* name, int how) {
    return file_descriptor(uninterrupted([&] { return ::openat(folder, name, how | O_CLOEXEC | O_NOCTTY); }));
  };
  // The system accepts less than PATH_MAX bytes at once. A longer path is opened in pieces that end at a slash.
  file_descriptor folder(AT_FDCWD);
  std::size_t done = 0;
  while (path.size() - done >= PATH_MAX) {
    const std::size_t slash = path.rfind('/', done + PATH_MAX - 1);
    if (slash == std::string::npos || slash <= done) break;  // a name this long is impossible: openat() fails
    folder = open_in(folder.number(), path.substr(done, slash - done).c_str(), O_PATH | O_DIRECTORY);
    done = path.find_first_not_of('/', slash);
    if (done == std::string::npos) return folder;
  }
  return open_in(folder.number(), path.c_str() + done, flags);
}

struct stat status_of(int descriptor) {
  struct stat status;
  if (::fstat(descriptor, &status) != 0) fail();
  return status;
}

}  // namespace plait::cli
