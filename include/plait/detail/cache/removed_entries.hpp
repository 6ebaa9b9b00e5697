// SPDX-License-Identifier: MIT
// What an operation has taken out of a cache, until no lock is held any more.
#pragma once

#include <concepts>
#include <functional>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include <plait/detail/cache/eviction_policy.hpp>
#include <plait/detail/sync.hpp>
#include <plait/removal_cause.hpp>

namespace PLAIT_NAMESPACE::detail {

// Keys and values are kept here if somebody is to be told of them, or if they have to be destroyed. Both is
// done by the destructor, in the order in which they were removed. Where there is no memory to keep one, it is
// destroyed at once, and nobody is told.
template <class Slot, class K, class V>
class removed_entries {
 public:
  using listener = std::function<void(const K&, const V&, removal_cause)>;

  explicit removed_entries(const listener& told) noexcept : listener_(told) {}
  removed_entries(const removed_entries&) = delete;
  removed_entries& operator=(const removed_entries&) = delete;
  [[gnu::always_inline]] ~removed_entries() {
    if (listener_) tell();
  }

  // Empties the slot of that number.
  template <class Slots>
  void take(Slots& slots, entry_number number, removal_cause cause) noexcept {
    if constexpr (Slot::is_read_unlocked) {
      if (!listener_) return;
      const Slot& from = slots[number];
      add(from.key(), from.value().value, cause);
    } else {
      auto taken = slots[number].take();
      add(std::move(taken.key), std::move(taken.value.value), cause);
    }
  }

  // The value of this key is going to be replaced.
  void expect_replaced(const K& key) {
    if constexpr (std::copy_constructible<K>) {
      if (listener_) replaced_key_.emplace(key);
    }
  }
  void keep_replaced(V&& value) noexcept { replaced_.emplace(std::move(value)); }

 private:
  struct entry {
    K key;
    V value;
    removal_cause cause;
  };

  [[gnu::noinline]] void tell() const {
    for (const entry& each : taken_) listener_(each.key, each.value, each.cause);
    if (replaced_key_) listener_(*replaced_key_, *replaced_, removal_cause::replaced);
  }
  void add(K&& key, V&& value, removal_cause cause) noexcept {
    try {
      taken_.push_back({std::move(key), std::move(value), cause});
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): see above
    }
  }

  const listener& listener_;  // empty: nobody is told
  std::vector<entry> taken_;
  std::optional<K> replaced_key_;  // if somebody is told
  std::optional<V> replaced_;
};

}  // namespace PLAIT_NAMESPACE::detail
