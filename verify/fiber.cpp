// SPDX-License-Identifier: MIT
#include "fiber.hpp"

#include <cstring>
#include <functional>
#include <new>
#include <utility>

#include <cxxabi.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

namespace verify::detail {

// longjmp without the check of _FORTIFY_SOURCE, which takes a jump from one stack to another for an error.
// <csetjmp> replaces the function of the standard name by the checking one.
extern "C" [[noreturn]] void jump_unchecked(std::jmp_buf to, int value) noexcept __asm__("_longjmp");

// setjmp and longjmp do the switching: unlike swapcontext they make no system call.
void context::switch_to(context& next) noexcept {
  std::memcpy(static_cast<void*>(&exceptions_), abi::__cxa_get_globals(), sizeof exceptions_);
  if (_setjmp(registers_) == 0) {
    std::memcpy(static_cast<void*>(abi::__cxa_get_globals()), &next.exceptions_, sizeof exceptions_);
    next.resume();
  }
}

void context::resume() noexcept {
  jump_unchecked(registers_, 1);
}

static std::size_t page_bytes() noexcept {
  return static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

fiber::fiber() {
  // The page below the stack is inaccessible, so that an overflow faults.
  const std::size_t page = page_bytes();
  stack_ = mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stack_ == MAP_FAILED || mprotect(stack_, page, PROT_NONE) != 0) throw std::bad_alloc();
}

fiber::~fiber() {
  munmap(stack_, stack_bytes);
}

void fiber::start(function run, void* argument) noexcept {
  run_ = run;
  argument_ = argument;
  if (state_ == state::busy) state_ = state::dropped;
  exceptions_ = {};
}

bool fiber::guards(const void* address) const noexcept {
  const auto* const bottom = static_cast<const std::byte*>(stack_);
  return !std::less<>()(address, stack_) &&
         std::less<>()(address, static_cast<const void*>(bottom + page_bytes()));
}

void fiber::finish(context& next) noexcept {
  state_ = state::ready;
  switch_to(next);
}

void fiber::resume() noexcept {
  const state was = std::exchange(state_, state::busy);
  if (was != state::blank) jump_unchecked(was == state::dropped ? bottom_ : registers_, 1);
  ucontext_t start;
  getcontext(&start);
  start.uc_stack.ss_sp = stack_;
  start.uc_stack.ss_size = stack_bytes;
  start.uc_link = nullptr;
  makecontext(&start, &fiber::enter, 0);
  entering_ = this;
  setcontext(&start);
}

void fiber::enter() {
  entering_->loop();
}

void fiber::loop() {
  _setjmp(bottom_);
  for (;;) run_(argument_);
}

}  // namespace verify::detail
