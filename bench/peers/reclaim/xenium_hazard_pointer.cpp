// SPDX-License-Identifier: MIT
// xenium: its hazard_pointer reclamation. A guard_ptr is made once and reset after each read.
#include <xenium/reclamation/hazard_pointer.hpp>

#include "reclaim/hazard_pointer.bench.hpp"

namespace {

using reclaimer = xenium::reclamation::hazard_pointer<>;

struct object : reclaimer::enable_concurrent_ptr<object> {
  std::uint64_t value = 1;
};
using pointer = reclaimer::concurrent_ptr<object>;
using source = bench::source<object, pointer>;

class reader {
 public:
  std::uint64_t read(const source& from) {
    guard_.acquire(from.current, std::memory_order_acquire);
    const std::uint64_t value = guard_->value;
    guard_.reset();
    return value;
  }

 private:
  pointer::guard_ptr guard_;
};

const bench::registration hazard_pointers([] { bench::add_hazard_pointer<reader, source>("xenium"); });

}  // namespace
