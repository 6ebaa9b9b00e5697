// SPDX-License-Identifier: MIT
// Code that must not compile, one case at a time, with an error that says why in a sentence. See
// CMakeLists.txt.
#if defined(PROTECTS_THROUGH_A_DERIVED_CLASS)
#include <atomic>

#include <plait/hazard_pointer.hpp>

struct named {
  virtual ~named() = default;
};
struct node : plait::hazard_pointer_obj_base<node> {
  virtual ~node() = default;
};
struct leaf : named, node {};  // node's address is not leaf's

leaf* read(const std::atomic<leaf*>& current) {
  plait::hazard_pointer guard = plait::make_hazard_pointer();
  return guard.protect(current);
}
#endif

#if defined(COUNTS_KEYS_WITHOUT_A_HASH)
#include <utility>

#include <plait/keyed_counter.hpp>

plait::keyed_counter<std::pair<int, int>> edges;
void count() {
  edges.add({1, 2});
}
#endif
