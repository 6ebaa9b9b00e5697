// SPDX-License-Identifier: MIT
// Boost: synchronized_value, with its own mutex.
#include <tuple>

#include <boost/thread/synchronized_value.hpp>

#include "lock/synchronized_value.bench.hpp"

namespace {

using bench::number;

class synchronized_numbers {
 public:
  void add() { ++*first_.synchronize(); }
  void transfer() {
    auto both = boost::synchronize(first_, second_);
    --*std::get<0>(both), ++*std::get<1>(both);
  }
  number sum() { return first_.get() + second_.get(); }

 private:
  alignas(64) boost::synchronized_value<number> first_;
  alignas(64) boost::synchronized_value<number> second_;
};

const bench::registration values([] { bench::add_synchronized_value<synchronized_numbers>("boost"); });

}  // namespace
