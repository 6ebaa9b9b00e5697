// SPDX-License-Identifier: MIT
// Opening files by paths of any length.
#pragma once

#include <cerrno>
#include <stdexcept>
#include <string>

#include <sys/stat.h>

namespace plait::cli {

// An error in one file; the message is printed after the path.
struct input_error : std::runtime_error {
  using runtime_error::runtime_error;
};

// Throws the input_error for errno.
[[noreturn]] void fail();

template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  if (result < 0) fail();
  return result;
}

class file_descriptor {
 public:
  explicit file_descriptor(int number = -1) noexcept : number_(number) {}
  ~file_descriptor();
  file_descriptor(file_descriptor&& other) noexcept;
  file_descriptor& operator=(file_descriptor&& other) noexcept;

  int number() const noexcept { return number_; }
  int release() noexcept;

 private:
  int number_;
};

// Both throw input_error.
file_descriptor open_path(const std::string& path, int flags);
struct stat status_of(int descriptor);

}  // namespace plait::cli
