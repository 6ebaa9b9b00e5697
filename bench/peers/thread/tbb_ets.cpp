// SPDX-License-Identifier: MIT
// oneTBB: enumerable_thread_specific, by default (tbb) and with a key of the system for each object (tbb_key).
#include <oneapi/tbb/enumerable_thread_specific.h>

#include "thread/thread_specific.bench.hpp"

namespace {

template <tbb::ets_key_usage_type Key>
class specific {
 public:
  std::uint64_t& mine() { return variable_.local(); }

 private:
  tbb::enumerable_thread_specific<std::uint64_t, tbb::cache_aligned_allocator<std::uint64_t>, Key> variable_{
      0u};
};

const bench::registration thread_specifics([] {
  bench::add_thread_specific<specific<tbb::ets_no_key>>("tbb");
  bench::add_thread_specific<specific<tbb::ets_key_per_instance>>("tbb_key");
});

}  // namespace
