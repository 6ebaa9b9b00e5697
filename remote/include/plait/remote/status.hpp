// SPDX-License-Identifier: MIT
// status_of: what structures there are at a server, and how they are. For people and for monitoring: it looks
// at one structure after the other, and changes nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <plait/remote/connection.hpp>

namespace plait::remote {

struct structure_status {
  std::string name;
  // queue, priority queue, mutex, semaphore, counter, keyed counter, map, near cache
  std::string kind;
  std::uint64_t sessions =
      0;  // with a lease; of counters and maps, those that were heard of in the last minute
  bool closed = false;
  // Of queues: ready, came back, in flight, dead letters, capacity (0: no bound). Of a mutex or semaphore:
  // permits, held, waiting. Of counters: value; or keys, total. Of maps: entries.
  std::vector<std::pair<std::string, std::int64_t>> figures;
};

// By name. Throws error: cannot_connect also if the connection breaks meanwhile.
std::vector<structure_status> status_of(std::string_view url, const connection_options& options = {});

}  // namespace plait::remote
