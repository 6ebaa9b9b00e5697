// SPDX-License-Identifier: MIT
// What caches are asked for in the workloads: the same in every run, on every machine, and of programs in every
// language.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bench {

struct cache_requests {
  std::vector<std::uint64_t> first;  // before the clock starts
  std::vector<std::uint64_t> keys;   // from then on, again and again
};

struct cache_workload {
  std::string name;
  std::size_t capacity;
  bool expires;                         // entries have a time to live, which is never over
  const cache_requests* (*requests)();  // null: every key is new, and all are put
};

// Of 50 000 keys, all of which find room.
const cache_requests* hits_of_50k();
// Of 1 000 000 keys, which do not.
const cache_requests* reads_of_1m();

// hits has room for some more entries than there are, since a cache in parts has to have room in each of them.
inline const cache_workload cache_hits{"hits", 65'536, false, hits_of_50k};
inline const cache_workload cache_hits_ttl{"hits_ttl", 65'536, true, hits_of_50k};
inline const cache_workload cache_read_through{"read_through", 50'000, false, reads_of_1m};
inline const cache_workload cache_insert{"insert", 50'000, false, nullptr};
inline const cache_workload cache_fill{"fill", 1'000'000, false, nullptr};
inline const cache_workload cache_fill_ttl{"fill_ttl", 1'000'000, true, nullptr};

// The requests in a file, for programs in another language: numbers of 64 bits, in the byte order of the
// machine; how many keys come before the clock starts, these, and the others.
void write_requests(const cache_requests& requests, const std::string& path);

}  // namespace bench
