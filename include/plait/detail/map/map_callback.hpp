// SPDX-License-Identifier: MIT
// Notices when a callback that runs under a lock uses the map it was called by.
#pragma once

#include <stdexcept>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// Lives as long as the thread is in such a callback of a map.
class [[gnu::visibility("default")]] map_callback {
 public:
  explicit map_callback(const void* map) noexcept : map_(map), outer_(innermost()) { innermost() = this; }
  map_callback(const map_callback&) = delete;
  map_callback& operator=(const map_callback&) = delete;
  ~map_callback() { innermost() = outer_; }

  // Throws std::logic_error if the calling thread is in a callback of this map: it would wait for itself.
  static void refuse_within(const void* map) {
    if (innermost() != nullptr) [[unlikely]]
      sync::rarely<&refuse_if_within>(map);
  }

 private:
  struct own {
    const map_callback* callback = nullptr;
  };
  static const map_callback*& innermost() noexcept { return sync::per_thread<own>().callback; }

  static void refuse_if_within(const void* map) {
    for (const map_callback* each = innermost(); each != nullptr; each = each->outer_)
      if (each->map_ == map)
        throw std::logic_error(
            "plait: a function that was called by update, upsert or erase_if uses the same map or set, some of "
            "which is locked meanwhile. Return from it first");
  }

  const void* map_;
  const map_callback* outer_;  // null, or the one that this one was called in
};

}  // namespace PLAIT_NAMESPACE::detail
