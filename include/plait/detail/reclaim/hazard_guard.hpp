// SPDX-License-Identifier: MIT
// A hazard record for the duration of one operation.
#pragma once

#include <new>

#include <plait/detail/reclaim/hazard_records.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// Takes a hazard record and puts it back. What it protected last stays protected until the record is used
// again, so that the next operation on the same object has nothing to store.
class hazard_guard {
 public:
  static constexpr struct {
  } waits_for_memory{};

  // Throws std::bad_alloc if the thread has no record and cannot get one. Always inline: it is shorter than a
  // call, which would keep the guard in memory.
  [[gnu::always_inline]] hazard_guard() : record_(hazard_records::borrow()) {
    if (record_ == nullptr) [[unlikely]]
      throw std::bad_alloc();
  }
  // For operations that must not fail: waits until it gets a record.
  explicit hazard_guard(decltype(waits_for_memory)) noexcept {
    while ((record_ = hazard_records::borrow()) == nullptr) sync::yield();
  }
  ~hazard_guard() { hazard_records::put_back(*record_); }
  hazard_guard(const hazard_guard&) = delete;
  hazard_guard& operator=(const hazard_guard&) = delete;

  // Protects and returns what `source` points to at some moment during the call; `source` is never null.
  template <class T>
  T& protect(const sync::atomic<T*>& source) noexcept {
    return *record_->go_on_protecting_from(source);
  }

  // Protects nothing from now on.
  void end() noexcept { record_->clear(); }

 private:
  hazard_record* record_;
};

}  // namespace PLAIT_NAMESPACE::detail
