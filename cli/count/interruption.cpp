// SPDX-License-Identifier: MIT
#include "count/interruption.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace plait::cli {
namespace {

std::atomic<bool> stop_requested = false;
static_assert(std::atomic<bool>::is_always_lock_free);  // a signal handler may use it
int stop_event = -1;                                    // readable once a stop was requested
struct sigaction previous_action;

extern "C" void request_stop(int) {
  const int saved = errno;
  stop_requested.store(true, std::memory_order_relaxed);  // relaxed: it publishes nothing else
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(stop_event, &one, sizeof one);
  errno = saved;
}

}  // namespace

interruption::interruption() {
  stop_requested = false;
  stop_event = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (stop_event < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  struct sigaction action = {};
  action.sa_handler = request_stop;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGINT, nullptr, &previous_action);
  // If the parent has set the signal to be ignored (nohup, a background job), it stays ignored.
  if (previous_action.sa_handler != SIG_IGN) ::sigaction(SIGINT, &action, nullptr);
}

interruption::~interruption() {
  ::sigaction(SIGINT, &previous_action, nullptr);
  ::close(stop_event);
}

bool interruption::requested() noexcept {
  return stop_requested.load(std::memory_order_relaxed);  // relaxed: no other memory depends on it
}

void interruption::wait_for_input(int descriptor) {
  std::array<pollfd, 2> watched{{{descriptor, POLLIN, 0}, {stop_event, POLLIN, 0}}};
  while (::poll(watched.data(), watched.size(), -1) < 0) {
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll");
  }
  if (requested()) throw interrupted{};
}

}  // namespace plait::cli
