// SPDX-License-Identifier: MIT
// An assertion that one thread at a time uses something.
#pragma once

#include <cstdio>
#include <cstdlib>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// Something that one thread may use at a time. A build with assertions stops the program, with a message, when
// two threads do; without them, nothing is checked and nothing is spent. It orders nothing: threads that
// take turns have to do that.
class single_user {
 public:
  class use {
   public:
    // `misuse`: what to say if another thread is at it.
    use([[maybe_unused]] single_user& of, [[maybe_unused]] const char* misuse) noexcept {
      if constexpr (sync::has_assertions) {
        of_ = &of;
        if (of.in_use_.exchange(true, sync::relaxed)) fail(misuse);  // relaxed: see the class
      }
    }
    ~use() {
      if constexpr (sync::has_assertions) of_->in_use_.store(false, sync::relaxed);  // relaxed: see the class
    }
    use(const use&) = delete;
    use& operator=(const use&) = delete;

   private:
    [[noreturn]] static void fail(const char* misuse) noexcept {
      std::fprintf(stderr, "%s\n", misuse);
      std::abort();
    }

    single_user* of_;  // with assertions only
  };

 private:
  sync::atomic<bool> in_use_{false};  // in every build, so that both kinds can be linked together
};

}  // namespace PLAIT_NAMESPACE::detail
