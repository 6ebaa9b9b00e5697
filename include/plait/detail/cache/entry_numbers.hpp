// SPDX-License-Identifier: MIT
// Which numbers the entries of a shard have: small ones, each used again when its entry has left.
#pragma once

#include <new>
#include <vector>

#include <plait/detail/cache/entry_pieces.hpp>
#include <plait/detail/cache/eviction_policy.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

class entry_numbers {
 public:
  explicit entry_numbers(entry_pieces places) noexcept : places_(places) {}

  // The number that take() gives next.
  entry_number next() const noexcept { return free_.empty() ? end_ : free_.back(); }
  entry_number take() noexcept {
    const entry_number taken = next();
    if (free_.empty()) {
      end_ = places_.after(end_);
    } else {
      free_.pop_back();
    }
    return taken;
  }
  // Where there is no memory for it, it is never used again.
  [[gnu::always_inline]] void give_back(entry_number number) noexcept {
    try {
      free_.push_back(number);
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): see above
    }
  }

  // All from this one on have never been used.
  entry_number end() const noexcept { return end_; }

 private:
  entry_pieces places_;
  std::vector<entry_number> free_;  // numbers below end_ that no entry has
  entry_number end_ = 0;
};

}  // namespace PLAIT_NAMESPACE::detail
