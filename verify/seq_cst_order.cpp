// SPDX-License-Identifier: MIT
#include "seq_cst_order.hpp"

#include <algorithm>

namespace verify::detail {

void seq_cst_order::reset() noexcept {
  for (auto& each : operations_) each.clear();
  for (auto& each : fences_) each.clear();
}

bool seq_cst_order::is_out_of_stamps() const noexcept {
  return std::ranges::any_of(operations_,
                             [](const auto& own) { return own.size() >= std::size_t{last_stamp}; });
}

stamp seq_cst_order::add(unsigned thread, const vector_clock& after, const vector_clock* fence_knows) {
  list<operation>& own = operations_[thread];
  const auto number = static_cast<stamp>(std::min<std::size_t>(own.size() + 1, last_stamp));
  if (fence_knows != nullptr) fences_[thread].push_back({*fence_knows, number});
  vector_clock before = own.empty() ? vector_clock() : own.back().before;
  before.set(thread, static_cast<stamp>(number - 1));
  if (before.first_unknown(after) != max_threads) {
    before.join(after);
    before = closed(before);
  }
  own.push_back({before, static_cast<std::uint32_t>(fences_[thread].size())});
  return number;
}

vector_clock seq_cst_order::closed(vector_clock operations) const noexcept {
  const vector_clock given = operations;
  for (const unsigned thread : threads_in(given.threads())) operations.join(at(thread, given[thread]).before);
  return operations;
}

void seq_cst_order::add_what_fences_know(const vector_clock& operations, vector_clock& known) const noexcept {
  for (const unsigned thread : threads_in(operations.threads())) {
    const std::uint32_t fences = at(thread, operations[thread]).fences;
    if (fences != 0) known.join(fences_[thread][fences - 1].known);
  }
}

void seq_cst_order::put_before(const vector_clock& operations, unsigned thread, stamp number) noexcept {
  const vector_clock before = closed(operations);
  // What precedes that operation also precedes all that follow it, its thread's later ones included.
  for (unsigned other = 0; other != max_threads; ++other)
    for (stamp each = 1; operation & later : operations_[other]) {
      const bool is_later = other == thread ? each >= number : later.before[thread] >= number;
      if (is_later) later.before.join(before);
      if (each != last_stamp) ++each;
    }
}

}  // namespace verify::detail
