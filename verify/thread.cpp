// SPDX-License-Identifier: MIT
#include "thread.hpp"

#include <string>

namespace verify {

bool request_stop(std::stop_source& source, site where) {
  detail::execution& now = *detail::execution::current();
  now.point(where);
  now.depends_on_everything();
  const detail::execution::calling_back callbacks(now);
  return source.request_stop();
}

void thread::join(site where) {
  detail::execution& now = *detail::execution::current();
  if (!joinable()) now.fail("join() of a thread that was joined, moved or detached already", &where);
  if (number_ == now.running()) now.fail("a thread joins itself", &where);
  now.join(detail::thread_set{1} << std::exchange(number_, none), where);
}

void thread::must_be_joined(const char* what) noexcept {
  if (auto* const now = detail::execution::current())
    now->fail(std::string("std::terminate: a thread is ") + what + " that was neither joined nor detached");
  std::terminate();
}

unsigned thread::hardware_concurrency() noexcept {
  auto* const now = detail::execution::current();
  return now != nullptr ? now->processors() : 1;
}

thread::id this_thread_id() noexcept {
  auto* const now = detail::execution::current();
  return now != nullptr ? thread::id(static_cast<int>(now->running())) : thread::id();
}

}  // namespace verify
