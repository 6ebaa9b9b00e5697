// SPDX-License-Identifier: MIT
// Which nestings of locks have been checked already: a table of hashes that any thread may look at.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// A nesting is known by its hash (lock_stack): for all threads, or for the one that alone was seen in it. One
// that finds both of its places taken drives another one out, which is then looked at again.
//
// No order is needed: a hash stands for itself.
class known_nestings {
 public:
  static std::uint64_t of_thread(std::uint64_t nesting, std::uint64_t thread) noexcept {
    return nesting ^ (thread * 0x9e3779b97f4a7c15);
  }

  bool contains(std::uint64_t nesting, std::uint64_t nesting_of_thread) const noexcept {
    const std::size_t at = nesting % size;
    const std::uint64_t found = known_[at].load(sync::relaxed);  // relaxed: see above
    if (found == nesting || found == nesting_of_thread) return true;
    const std::uint64_t other = known_[at ^ 1].load(sync::relaxed);  // relaxed: see above
    return other == nesting || other == nesting_of_thread;
  }

  // `stored`: the nesting, or that of the thread.
  void add(std::uint64_t nesting, std::uint64_t stored) noexcept {
    const std::size_t at = nesting % size;
    const bool is_free = known_[at].load(sync::relaxed) == 0;    // relaxed: see above
    known_[is_free ? at : at ^ 1].store(stored, sync::relaxed);  // relaxed: see above
  }

  // Those that are added meanwhile may be lost.
  void clear() noexcept {
    for (sync::atomic<std::uint64_t>& each : known_) each.store(0, sync::relaxed);  // relaxed: see above
  }

 private:
  static constexpr std::size_t size = sync::sized(8192, 16);

  std::array<sync::atomic<std::uint64_t>, size> known_{};  // 0: free
};

}  // namespace PLAIT_NAMESPACE::detail
