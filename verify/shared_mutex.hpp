// SPDX-License-Identifier: MIT
// std::shared_mutex under the checker. A reader learns what the writers before it did, but not what the
// readers did.
#pragma once

#include <verify/atomic.hpp>

namespace verify {

class shared_mutex {
 public:
  constexpr shared_mutex() noexcept = default;
  shared_mutex(const shared_mutex&) = delete;
  shared_mutex& operator=(const shared_mutex&) = delete;

  void lock(site where = site::current()) {
    if (auto* const now = detail::execution::current()) now->lock(holders_.here(*now), where);
  }
  bool try_lock(site where = site::current()) noexcept {
    auto* const now = detail::execution::current();
    return now == nullptr || now->try_lock(holders_.here(*now), where);
  }
  void unlock(site where = site::current()) noexcept {
    if (auto* const now = detail::execution::current())
      now->unlock_by_writer(holders_.here(*now), written_.here(*now), where);
  }

  void lock_shared(site where = site::current()) {
    if (auto* const now = detail::execution::current())
      now->lock_shared(holders_.here(*now), written_.here(*now), where);
  }
  bool try_lock_shared(site where = site::current()) noexcept {
    auto* const now = detail::execution::current();
    return now == nullptr || now->try_lock_shared(holders_.here(*now), written_.here(*now), where);
  }
  void unlock_shared(site where = site::current()) noexcept {
    if (auto* const now = detail::execution::current()) now->unlock_shared(holders_.here(*now), where);
  }

 private:
  atomic<detail::lock_holders> holders_{{}};
  atomic<unsigned> written_{0};  // carries from each writer to the readers that follow what it did
};

}  // namespace verify
