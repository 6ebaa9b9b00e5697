// SPDX-License-Identifier: MIT
// plait's hazard_pointer, one for all reads (plait) or one for each (plait_make), and no protection at all.
#include "reclaim/hazard_pointer.bench.hpp"

#include <plait/hazard_pointer.hpp>

namespace {

struct object : plait::hazard_pointer_obj_base<object> {
  std::uint64_t value = 1;
};
using source = bench::source<object>;

class reader {
 public:
  std::uint64_t read(const source& from) {
    const std::uint64_t value = guard_.protect(from.current)->value;
    guard_.reset_protection();
    return value;
  }

 private:
  plait::hazard_pointer guard_ = plait::make_hazard_pointer();
};

struct maker {
  static std::uint64_t read(const source& from) {
    return plait::make_hazard_pointer().protect(from.current)->value;
  }
};

struct plain_load {
  static std::uint64_t read(const source& from) { return from.current.load(std::memory_order_acquire)->value; }
};

const bench::registration hazard_pointers([] {
  bench::add_hazard_pointer<reader, source>("plait");
  bench::add_hazard_pointer<maker, source>("plait_make");
  bench::add_hazard_pointer<plain_load, source>("plain_load");
});

}  // namespace
