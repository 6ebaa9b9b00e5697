// SPDX-License-Identifier: MIT
// What an operation has taken out of a cache, until no lock is held any more.
#pragma once

#include <new>
#include <optional>
#include <utility>
#include <vector>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// Keys and values that are words need not be destroyed.
template <class Slot, class Value>
class removed_entries {
 public:
  void take(Slot& /*from*/) noexcept {}
  void keep(Value&& /*replaced*/) noexcept {}
};

// Those that are objects are destroyed with this. Only where there is no memory to keep them in are they
// destroyed at once.
template <class Slot, class Value>
  requires requires { typename Slot::entry; }
class removed_entries<Slot, Value> {
 public:
  // Empties a slot.
  void take(Slot& from) noexcept {
    typename Slot::entry taken = from.take();
    try {
      taken_.push_back(std::move(taken));
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): see above
    }
  }
  // One at most.
  void keep(Value&& replaced) noexcept { replaced_.emplace(std::move(replaced)); }

 private:
  std::vector<typename Slot::entry> taken_;
  std::optional<Value> replaced_;
};

}  // namespace PLAIT_NAMESPACE::detail
