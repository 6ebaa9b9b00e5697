// SPDX-License-Identifier: MIT
#include "support/busy_neighbours.hpp"

#include <cerrno>
#include <csignal>
#include <system_error>

#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {
namespace {

constexpr unsigned longest_life_seconds = 60;

// Runs in a copy of a process that may have had other threads, so it only makes system calls.
[[noreturn]] void compute_on(int processor, pid_t parent) {
  ::signal(SIGALRM, SIG_DFL);
  ::alarm(longest_life_seconds);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // it had ended before
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(processor, &only);
  ::sched_setaffinity(0, sizeof only, &only);
  for (volatile unsigned counted = 0;;) counted = counted + 1;
}

}  // namespace

busy_neighbours::busy_neighbours() {
  cpu_set_t usable;
  CPU_ZERO(&usable);
  if (::sched_getaffinity(0, sizeof usable, &usable) != 0)
    throw std::system_error(errno, std::generic_category(), "sched_getaffinity");
  const pid_t parent = ::getpid();
  for (int processor = 0; processor != CPU_SETSIZE; ++processor) {
    if (!CPU_ISSET(processor, &usable)) continue;
    const pid_t child = ::fork();
    if (child == 0) compute_on(processor, parent);
    if (child == -1) {
      const int error = errno;
      end_all();
      throw std::system_error(error, std::generic_category(), "cannot start a busy neighbour");
    }
    processes_.push_back(child);
  }
}

busy_neighbours::~busy_neighbours() {
  end_all();
}

void busy_neighbours::end_all() {
  for (const pid_t process : processes_) ::kill(process, SIGKILL);
  for (const pid_t process : processes_) ::waitpid(process, nullptr, 0);
  processes_.clear();
}

}  // namespace bench
