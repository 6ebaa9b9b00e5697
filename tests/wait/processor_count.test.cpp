// SPDX-License-Identifier: MIT
// The number of processors, asked for in a child of fork() while a thread of its parent was finding it out.
#include <atomic>
#include <cstddef>
#include <thread>

#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <plait/detail/sync.hpp>

#include "support/sanitizer.hpp"
#include "support/watchdog.hpp"

// The sanitizers have a sched_getaffinity() of their own in its place.
#if !PLAIT_UNDER_ASAN && !PLAIT_UNDER_TSAN

namespace {

std::atomic<bool> is_asking = false;
std::atomic<bool> may_answer = true;

}  // namespace

// Instead of the C library's: answers when it may.
extern "C" int sched_getaffinity(pid_t process, std::size_t size, cpu_set_t* allowed) noexcept {
  is_asking = true;
  while (!may_answer) std::this_thread::yield();
  return ::syscall(SYS_sched_getaffinity, process, size, allowed) > 0 ? 0 : -1;
}

namespace {

TEST(processor_count, is_found_out_by_a_child_of_fork_even_if_a_thread_that_it_has_not_was_at_it) {
  const watchdog limit("a child of fork that asks for the number of processors");
  may_answer = false;
  std::thread first([] { plait::detail::sync::processor_count(); });
  while (!is_asking) std::this_thread::yield();
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(10);
    may_answer = true;
    ::_exit(plait::detail::sync::processor_count() >= 1 ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  may_answer = true;
  first.join();
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "status " << status;
}

}  // namespace

#endif
