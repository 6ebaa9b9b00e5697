// SPDX-License-Identifier: MIT
// Which thread waits for what another one does, so that no circle of them waits for ever.
#pragma once

#include <utility>

#include <plait/detail/sync.hpp>
#include <plait/detail/thread/thread_mark.hpp>

namespace PLAIT_NAMESPACE::detail {

// A list of waits, guarded by its user's lock. `Work` has a member by(): the thread that does it, or null if it
// is over.
template <class Work>
class thread_waits {
 public:
  // One thread's, in its frame.
  struct waiting {
    const thread_mark* thread = thread_mark::mine();
    const Work* what = nullptr;  // null if it is over
    waiting* next = nullptr;
  };

  void add(waiting& wait) noexcept { wait.next = std::exchange(first_, &wait); }
  void remove(waiting& wait) noexcept {
    waiting** at = &first_;
    while (*at != &wait) at = &(*at)->next;
    *at = wait.next;
  }

  // That work is over, and will be gone.
  void forget(const Work& over) noexcept {
    for (waiting* each = first_; each != nullptr; each = each->next)
      if (each->what == &over) each->what = nullptr;
  }

  // Whether that work waits for one of the thread's, directly or through others.
  bool is_held_up_by(const Work& that, const thread_mark* thread) const noexcept {
    const thread_mark* by = that.by();
    while (by != nullptr && by != thread) {
      const waiting* each = first_;
      while (each != nullptr && each->thread != by) each = each->next;
      by = each != nullptr && each->what != nullptr ? each->what->by() : nullptr;
    }
    return by != nullptr;
  }

 private:
  waiting* first_ = nullptr;
};

}  // namespace PLAIT_NAMESPACE::detail
