// SPDX-License-Identifier: MIT
// From the hash of a key to the number of its entry: a table like hash_map's, in which only numbers stand.
#pragma once

#include <cstdint>

#include <plait/detail/cache/eviction_policy.hpp>
#include <plait/detail/key/seeded_hash.hpp>
#include <plait/detail/map/map_slot.hpp>
#include <plait/detail/map/map_table.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// In the table's slot there is only the number of an entry: its key and value stand by that elsewhere.
struct by_number {};

// The home of an entry's number protects its key and value, too, wherever they stand. A reader that finds a
// number copies them, and then asks the home whether it has changed meanwhile. The number may have become that
// of another entry, in another home; but before that the entry that had it left this home, which changed.
//
// Edges:  begun   listed_   release in set -> acquire in load: whoever sees a number sees that the block is
//                           changing if it took another one's place (see map_block), and that the entry's slot
//                           has been made
class number_slot {
 public:
  static constexpr bool is_read_unlocked = true;
  static constexpr bool has_to_be_destroyed = false;

  entry_number load() const noexcept { return listed_.load(sync::acquire); }  // acquire begun

  // -- by the holder of the block's lock --

  entry_number key() const noexcept { return load(); }
  template <class Hash>
  std::uint64_t hash(const Hash& of) const {
    return of(load());
  }
  void set(entry_number number) noexcept { listed_.store(number, sync::release); }  // release begun
  void move_from(number_slot& other) noexcept { set(other.load()); }
  void destroy() noexcept {}

 private:
  sync::atomic<entry_number> listed_{0};
};

template <>
struct choose_slot<entry_number, by_number> {
  using type = number_slot;
};

// The hash by which an entry was put in, for a table that grows. It is not mixed with a seed again.
template <class Policy>
class hash_by_number {
 public:
  explicit hash_by_number(const Policy& policy) noexcept : policy_(&policy) {}
  std::uint64_t operator()(entry_number number, std::uint64_t /*seed*/) const noexcept {
    return policy_->hash_of(number);
  }

 private:
  const Policy* policy_;
};

template <class Policy, class Allocator>
using entry_index = map_table<entry_number, by_number, hash_by_number<Policy>, Allocator>;

}  // namespace PLAIT_NAMESPACE::detail
