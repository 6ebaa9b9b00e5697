// SPDX-License-Identifier: MIT
// The moments at which something certainly holds, as a union of open intervals: at its end a call may have
// taken effect already, and at its begin not yet.
#pragma once

#include <algorithm>
#include <iterator>
#include <map>

#include <verify/history/call.hpp>

namespace history {

class coverage {
 public:
  // Adds the open interval between the two. Amortised O(log n).
  void add(moment after, moment before) {
    if (after >= before) return;
    auto next = segments_.upper_bound(after);
    if (next != segments_.begin() && std::prev(next)->second > after) --next;
    while (next != segments_.end() && next->first < before) {
      after = std::min(after, next->first);
      before = std::max(before, next->second);
      next = segments_.erase(next);
    }
    segments_.emplace_hint(next, after, before);
  }

  // The first moment at or after `from` that is not covered, and the last at or before it. O(log n).
  moment first_free(moment from) const {
    const auto at = around(from);
    return at == segments_.end() ? from : at->second;
  }
  moment last_free(moment to) const {
    const auto at = around(to);
    return at == segments_.end() ? to : at->first;
  }

  // Whether every moment from the first to the last is covered.
  bool covers(moment from, moment to) const { return first_free(from) > to; }

 private:
  using segments = std::map<moment, moment>;

  segments::const_iterator around(moment when) const {
    const auto next = segments_.lower_bound(when);
    if (next == segments_.begin() || std::prev(next)->second <= when) return segments_.end();
    return std::prev(next);
  }

  segments segments_;  // begin and end; they may touch but do not overlap
};

}  // namespace history
