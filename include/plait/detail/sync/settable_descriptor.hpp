// SPDX-License-Identifier: MIT
// Part of the seam: a file descriptor that a thread makes readable.
#pragma once

#include <cerrno>
#include <system_error>

#include <sys/eventfd.h>
#include <unistd.h>

namespace plait::detail::sync {

// A file descriptor that is readable from set() to clear(), as many as there are of either: Linux' eventfd.
class settable_descriptor {
 public:
  using native_handle_type = int;

  // Throws std::system_error if the system has none left.
  settable_descriptor() : number_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (number_ == -1) throw std::system_error(errno, std::generic_category(), "plait: no eventfd left");
  }
  ~settable_descriptor() { ::close(number_); }
  settable_descriptor(const settable_descriptor&) = delete;
  settable_descriptor& operator=(const settable_descriptor&) = delete;

  // They cannot fail: an eventfd counts to 2^64 - 2, and no more than that is written before it is cleared.
  void set() noexcept { static_cast<void>(!::eventfd_write(number_, 1)); }
  void clear() noexcept {
    eventfd_t count = 0;
    static_cast<void>(!::eventfd_read(number_, &count));
  }
  int native_handle() const noexcept { return number_; }

 private:
  const int number_;
};

}  // namespace plait::detail::sync
