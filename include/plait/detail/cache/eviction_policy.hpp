// SPDX-License-Identifier: MIT
// Which entries of a cache leave: what a cache tells a policy, and what that answers.
#pragma once

#include <concepts>
#include <cstdint>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// The number that a cache gives to an entry while it is there. Policies keep arrays indexed by it, so numbers
// are small: 0, 1, 2, ... as slots of a table are.
using entry_number = std::uint32_t;

// A policy belongs to one thread at a time. A cache looks a key up by itself, and tells its policy:
//   hit(entry)                          the entry was there
//   insert(entry, hash, weight, evict)  it was not, and comes in; evict(other) is called for each entry that
//                                       leaves, perhaps this very one
//   erase(entry)                        the entry leaves for another reason, and is not to be evicted any more
// `hash` is that of the key, every bit of it good. Weights are in any unit, bytes or entries, and at least 1.
// After each of these weight(), the sum of all that are there, is at most capacity().
template <class Policy>
concept eviction_policy = requires(Policy policy, const Policy& seen, entry_number entry, std::uint64_t hash,
                                   std::uint64_t weight, void (*evict)(entry_number)) {
  policy.hit(entry);
  policy.insert(entry, hash, weight, evict);
  policy.erase(entry);
  { seen.weight() } -> std::same_as<std::uint64_t>;
  { seen.capacity() } -> std::same_as<std::uint64_t>;
};

}  // namespace PLAIT_NAMESPACE::detail
