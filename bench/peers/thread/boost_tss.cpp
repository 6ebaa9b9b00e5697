// SPDX-License-Identifier: MIT
// Boost: thread_specific_ptr, whose values the adapter makes when it finds none.
#include <boost/thread/tss.hpp>

#include "thread/thread_specific.bench.hpp"

namespace {

class specific {
 public:
  std::uint64_t& mine() {
    std::uint64_t* const value = variable_.get();
    return value != nullptr ? *value : made();
  }

 private:
  std::uint64_t& made() {
    variable_.reset(new std::uint64_t(0));
    return *variable_;
  }

  boost::thread_specific_ptr<std::uint64_t> variable_;
};

const bench::registration thread_specifics([] { bench::add_thread_specific<specific>("boost"); });

}  // namespace
