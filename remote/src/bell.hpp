// SPDX-License-Identifier: MIT
// bell: ends a poll() of another thread; costs no system call while nobody is in one.
//
// Who polls calls await(), asks whether there is something to poll for still, polls the descriptor too, and
// calls silence(). Who makes that untrue calls ring() afterwards. So one of them sees the other.
#pragma once

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include <sys/eventfd.h>
#include <unistd.h>

namespace plait::remote {

class bell {
 public:
  bell() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (descriptor_ == -1) throw std::system_error(errno, std::generic_category(), "plait::remote: eventfd");
  }
  ~bell() { ::close(descriptor_); }
  bell(const bell&) = delete;
  bell& operator=(const bell&) = delete;

  int descriptor() const noexcept { return descriptor_; }

  void await() noexcept { is_awaited_ = true; }
  void ring() noexcept {
    if (!is_awaited_.exchange(false)) return;
    const std::uint64_t one = 1;
    while (::write(descriptor_, &one, sizeof one) == -1 && errno == EINTR) {
    }
  }
  // `is_rung`: poll() has said so. A ring that it has not seen yet ends the next one at once.
  void silence(bool is_rung) noexcept {
    is_awaited_ = false;
    std::uint64_t count = 0;
    if (is_rung) (void)!::read(descriptor_, &count, sizeof count);
  }

 private:
  const int descriptor_;
  std::atomic<bool> is_awaited_{false};
};

}  // namespace plait::remote
