// SPDX-License-Identifier: MIT
// thread_specific compared with a plain thread_local, which is one for the whole program.
#include "thread/thread_specific.bench.hpp"

#include <plait/thread_specific.hpp>

namespace {

class specific {
 public:
  std::uint64_t& mine() { return variable_.get(); }

 private:
  plait::thread_specific<std::uint64_t> variable_;
};

struct plain {
  static std::uint64_t& mine() {
    thread_local std::uint64_t variable = 0;  // the thread of each run is a new one
    return variable;
  }
};

const bench::registration thread_specifics([] {
  bench::add_thread_specific<specific>("plait");
  bench::add_thread_specific<plain>("thread_local");
});

}  // namespace
