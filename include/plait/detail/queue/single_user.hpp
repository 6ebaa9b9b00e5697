// SPDX-License-Identifier: MIT
// An assertion that no two threads use something at the same time.
#pragma once

#include <cstdio>
#include <cstdlib>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// A build with assertions stops the program, with a message, when two threads use it at the same time; a build
// without them checks nothing, at no cost. It orders nothing: threads that take turns must synchronize.
class single_user {
 public:
  class use {
   public:
    // `misuse`: the message if another thread uses it.
    use([[maybe_unused]] single_user& of, [[maybe_unused]] const char* misuse) noexcept {
      if constexpr (sync::has_assertions) {
        of_ = &of;
        if (of.in_use_.exchange(true, sync::relaxed)) fail(misuse);  // relaxed: it orders nothing
      }
    }
    ~use() {
      if constexpr (sync::has_assertions) of_->in_use_.store(false, sync::relaxed);  // relaxed: as above
    }
    use(const use&) = delete;
    use& operator=(const use&) = delete;

   private:
    [[noreturn]] static void fail(const char* misuse) noexcept {
      std::fprintf(stderr, "%s\n", misuse);
      std::abort();
    }

    single_user* of_;  // set in builds with assertions only
  };

 private:
  sync::atomic<bool> in_use_{false};  // in every build, so that builds of both kinds have the same layout
};

}  // namespace PLAIT_NAMESPACE::detail
