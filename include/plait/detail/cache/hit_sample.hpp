// SPDX-License-Identifier: MIT
// Some of the hits of a cache, on their way from readers without a lock to the policy.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <plait/detail/cache/eviction_policy.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// Readers leave numbers of entries here, and the holder of the lock takes them. When it is full, what comes is
// dropped, so that readers write nothing while nobody changes the cache. A number that a reader is late with
// may be lost, or come with the next ones: a policy can bear both.
class hit_sample {
 public:
  // By any thread.
  void add(entry_number entry) noexcept {
    if (count_.load(sync::relaxed) >= room) return;                  // relaxed: see above
    const std::uint32_t index = count_.fetch_add(1, sync::relaxed);  // relaxed: see above
    if (index < room) left_[index].store(entry + 1, sync::relaxed);  // relaxed: see above
  }

  // Calls use(entry) for each that was left. By one thread at a time.
  template <class Use>
  void take(Use use) {
    const std::size_t count = std::min<std::size_t>(count_.load(sync::relaxed), room);  // relaxed: see above
    for (std::size_t i = 0; i != count; ++i) {
      const std::uint32_t found = left_[i].load(sync::relaxed);  // relaxed: see above
      left_[i].store(0, sync::relaxed);                          // relaxed: see above
      if (found != 0) use(static_cast<entry_number>(found - 1));
    }
    if (count != 0) count_.store(0, sync::relaxed);  // relaxed: see above
  }

 private:
  static constexpr std::size_t room = sync::sized(60, 2);

  sync::atomic<std::uint32_t> count_{0};                  // may be more than there is room for
  std::array<sync::atomic<std::uint32_t>, room> left_{};  // each entry's number and 1, or 0
};

}  // namespace PLAIT_NAMESPACE::detail
