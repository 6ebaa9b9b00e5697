// SPDX-License-Identifier: MIT
// The order S of all seq_cst operations ([atomics.order]), as far as it is determined: an operation is only
// known to precede another where a rule of the standard says so. As long as these constraints have no cycle,
// there is an S that satisfies them.
//
// A thread's own operations are in S in program order. So what precedes an operation is a vector clock: of each
// thread, its first so many operations.
#pragma once

#include <array>

#include "allocation.hpp"
#include "vector_clock.hpp"

namespace verify::detail {

class seq_cst_order {
 public:
  void reset() noexcept;
  bool is_out_of_stamps() const noexcept;  // see memory

  // The next operation of the thread, after all of these and what comes before them. Returns its number.
  stamp add(unsigned thread, const vector_clock& after, const vector_clock* fence_knows = nullptr);

  // The operations, and all that are known to precede any of them.
  vector_clock closed(vector_clock operations) const noexcept;

  // Adds to `known` everything that happens before any of the fences among these.
  void add_what_fences_know(const vector_clock& operations, vector_clock& known) const noexcept;

  // The first fence of the thread that knows of one of some steps: knows(clock) says whether one with that
  // clock does. 0 if there is none.
  template <class Knows>
  stamp first_fence(unsigned thread, Knows knows) const noexcept {
    for (const fence& each : fences_[thread])
      if (knows(each.known)) return each.number;
    return 0;
  }

  // From now on these precede the thread's operation of that number.
  void put_before(const vector_clock& operations, unsigned thread, stamp number) noexcept;

 private:
  struct operation {
    vector_clock before;   // closed
    std::uint32_t fences;  // how many of the thread's fences are among its operations up to this one
  };
  struct fence {
    vector_clock known;  // steps that happen before it
    stamp number;
  };

  const operation& at(unsigned thread, stamp number) const noexcept {
    return operations_[thread][static_cast<std::size_t>(number) - 1];
  }

  std::array<list<operation>, max_threads> operations_;  // number n at n - 1
  std::array<list<fence>, max_threads> fences_;
};

}  // namespace verify::detail
