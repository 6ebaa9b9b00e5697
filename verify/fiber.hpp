// SPDX-License-Identifier: MIT
// Fibers: the threads of a scenario, all on one operating-system thread, so that the checker alone says
// who runs next.
#pragma once

#include <csetjmp>
#include <cstddef>

namespace verify::detail {

// A place to switch from and to: the registers, and what the C++ runtime knows of exceptions in flight.
class context {
 public:
  context() = default;
  context(const context&) = delete;
  context& operator=(const context&) = delete;

  // Stops here and goes on at `next`; returns when somebody switches back.
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

  // Called by the fiber itself: it is done, and goes on at `next`.
  void finish(context& next) noexcept;

 private:
  static constexpr std::size_t stack_bytes = std::size_t{256} * 1024;

  enum class state {
    blank,    // has no frame yet: the first switch makes one
    ready,    // waits in loop() for its next function
    busy,     // somewhere inside a function
    dropped,  // as well, and will not go on with it
  };

  void resume() noexcept override;
  static void enter();
  [[noreturn]] void loop();

  static inline fiber* entering_ = nullptr;

  void* stack_;
  std::jmp_buf bottom_;  // loop(), whatever is above it
  state state_ = state::blank;
  function run_ = nullptr;
  void* argument_ = nullptr;
};

}  // namespace verify::detail
