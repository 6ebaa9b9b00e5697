// SPDX-License-Identifier: MIT
// libcds: its hazard pointers with dynamic allocation (DHP). A guard is made once and cleared after each read.
#include <cds/gc/dhp.h>
#include <cds/init.h>

#include "reclaim/hazard_pointer.bench.hpp"

namespace {

struct object {
  std::uint64_t value = 1;
};
using source = bench::source<object>;

// What libcds has to set up, for the process and for each thread that uses it.
struct library {
  library() { cds::Initialize(); }
  ~library() { cds::Terminate(); }
  cds::gc::DHP collector;
};
struct attached_thread {
  attached_thread() {
    static library whole;
    cds::threading::Manager::attachThread();
  }
  ~attached_thread() { cds::threading::Manager::detachThread(); }
};

class reader {
 public:
  std::uint64_t read(const source& from) {
    const std::uint64_t value = guard_.protect(from.current)->value;
    guard_.clear();
    return value;
  }

 private:
  attached_thread attached_;
  cds::gc::DHP::Guard guard_;
};

const bench::registration hazard_pointers([] { bench::add_hazard_pointer<reader, source>("libcds"); });

}  // namespace
