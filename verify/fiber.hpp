// SPDX-License-Identifier: MIT
// Fibers: the threads of a scenario, all on one operating-system thread, so that the checker alone decides
// which runs next.
#pragma once

#include <csetjmp>
#include <cstddef>

namespace verify::detail {

// A place to switch from and to: the registers, and the C++ runtime's state of exceptions in flight.
class context {
 public:
  context() = default;
  context(const context&) = delete;
  context& operator=(const context&) = delete;

  // Suspends this context and resumes `next`; returns when another context switches back.
  void switch_to(context& next) noexcept;

 protected:
  struct exceptions {
    void* caught = nullptr;
    unsigned uncaught = 0;
  };

  virtual ~context() = default;
  virtual void resume() noexcept;

  std::jmp_buf registers_;
  exceptions exceptions_;
};

// The thread that runs the checker itself.
class host_context final : public context {};

class fiber final : public context {
 public:
  using function = void (*)(void*);

  fiber();
  ~fiber() override;

  // The next switch to this fiber calls function(argument). What the fiber was doing is forgotten, with
  // no destructor run. The function ends by calling finish().
  void start(function run, void* argument) noexcept;

  // Whether the address is on the inaccessible page below the stack: the stack has overflowed.
  bool guards(const void* address) const noexcept;

  // Called by the fiber itself when it is done: switches to `next` for good.
  void finish(context& next) noexcept;

 private:
  static constexpr std::size_t stack_bytes = std::size_t{256} * 1024;

  enum class state {
    blank,    // has no frame yet: the first switch makes one
    ready,    // waits in loop() for its next function
    busy,     // inside a function
    dropped,  // inside a function that will not be resumed
  };

  void resume() noexcept override;
  static void enter();
  [[noreturn]] void loop();

  static inline fiber* entering_ = nullptr;

  void* stack_;
  std::jmp_buf bottom_;  // loop(): drops the frames above it
  state state_ = state::blank;
  function run_ = nullptr;
  void* argument_ = nullptr;
};

}  // namespace verify::detail
