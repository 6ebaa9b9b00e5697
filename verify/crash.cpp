// SPDX-License-Identifier: MIT
#include "crash.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "execution.hpp"

namespace verify::detail {
namespace {

constexpr std::array caught{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

// A handler needs a stack of its own, because that of a thread may be what has overflowed.
alignas(16) std::array<std::byte, 65536> handler_stack;
unsigned catchers = 0;
std::array<struct sigaction, caught.size()> actions_before;
stack_t stack_before;
bool has_crashed = false;  // and has said so

// Text of fixed size: a handler cannot allocate.
class message {
 public:
  message& operator<<(std::string_view text) noexcept {
    const std::size_t count = std::min(text.size(), text_.size() - used_);
    std::copy_n(text.begin(), count, text_.begin() + static_cast<std::ptrdiff_t>(used_));
    used_ += count;
    return *this;
  }
  message& operator<<(unsigned number) noexcept {
    if (number >= 10) *this << number / 10;
    const char digit = static_cast<char>('0' + number % 10);
    return *this << std::string_view(&digit, 1);
  }
  void write_to(int file) const noexcept {
    for (std::size_t written = 0; written < used_;) {
      const ssize_t now = ::write(file, text_.data() + written, used_ - written);
      if (now <= 0 && errno != EINTR) return;
      written += static_cast<std::size_t>(std::max<ssize_t>(now, 0));
    }
  }

 private:
  std::array<char, 8192> text_;
  std::size_t used_ = 0;
};

std::string_view text_of(int signal) noexcept {
  switch (signal) {
    case SIGSEGV:
      return "segmentation fault (SIGSEGV)";
    case SIGBUS:
      return "bus error (SIGBUS)";
    case SIGFPE:
      return "arithmetic error (SIGFPE)";
    case SIGILL:
      return "illegal instruction (SIGILL)";
    case SIGABRT:
      return "abort (SIGABRT)";
    default:
      return "signal";
  }
}

// The first thing said of a crash, because nothing is certain to work after it. The token is as to_token()
// writes it.
void say_at_once(const execution& now, int signal) noexcept {
  message text;
  text << "verify: T" << now.running() << ": " << text_of(signal) << "; this execution: VERIFY_REPLAY='";
  const list<answer>& answers = now.answers();
  for (std::size_t i = 0; i != answers.size();) {
    std::size_t same = i;
    while (same != answers.size() && answers[same] == answers[i]) ++same;
    if (i != 0) text << ",";
    if (same - i > 1) text << static_cast<unsigned>(same - i) << "*";
    text << unsigned{answers[i]};
    i = same;
  }
  text << (answers.empty() ? "0'\n" : "'\n");
  text.write_to(STDERR_FILENO);
}

void restore_actions() noexcept {
  for (std::size_t i = 0; i != caught.size(); ++i) ::sigaction(caught[i], &actions_before[i], nullptr);
}

extern "C" void on_crash(int signal, siginfo_t* info, void*) {
  execution* const now = execution::current();
  if (now == nullptr) return restore_actions();  // on return, what has crashed crashes again
  if (!std::exchange(has_crashed, true)) say_at_once(*now, signal);
  now->crash(signal, info->si_code > 0 ? info->si_addr : nullptr);
}

}  // namespace

crash_catcher::crash_catcher() {
  if (catchers++ != 0) return;
  has_crashed = false;
  stack_t own{};
  own.ss_sp = handler_stack.data();
  own.ss_size = handler_stack.size();
  ::sigaltstack(&own, &stack_before);
  struct sigaction action{};
  action.sa_sigaction = &on_crash;
  // Not blocked during the handler, because it leaves by a jump.
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  for (std::size_t i = 0; i != caught.size(); ++i) ::sigaction(caught[i], &action, &actions_before[i]);
}

crash_catcher::~crash_catcher() {
  if (--catchers != 0) return;
  restore_actions();
  ::sigaltstack(&stack_before, nullptr);
}

quiet_errors::quiet_errors() : kept_(::dup(STDERR_FILENO)) {
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere < 0) return;
  ::dup2(nowhere, STDERR_FILENO);
  ::close(nowhere);
}

quiet_errors::~quiet_errors() {
  if (kept_ < 0) return;
  ::dup2(kept_, STDERR_FILENO);
  ::close(kept_);
}

std::string name_of_crash(int signal) {
  return std::string(text_of(signal));
}

void die_of(int signal) {
  ::signal(signal, SIG_DFL);
  ::raise(signal);
  std::_Exit(128 + signal);
}

}  // namespace verify::detail
