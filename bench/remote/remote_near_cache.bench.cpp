// SPDX-License-Identifier: MIT
// A hit of remote::near_cache beside one of expiring_cache, and beside a get of remote::map, which asks the
// server.
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>

#include <plait/expiring_cache.hpp>
#include <plait/remote/connection.hpp>
#include <plait/remote/map.hpp>
#include <plait/remote/near_cache.hpp>

#include "remote/the_server.hpp"
#include "support/suite.hpp"

namespace {

using bench::measurement;

constexpr std::uint64_t keys = 1'000;

// Gets one key after the other; `get` returns what is kept of it, which is the key itself.
template <class Get>
measurement gets(std::chrono::nanoseconds time, Get get) {
  bench::stop_flag stop;
  std::uint64_t count = 0;
  measurement measured = bench::run_together({[&] {
                                               for (; !stop(); ++count)
                                                 if (get(count % keys) != count % keys)
                                                   throw bench::wrong_result("a value is missing");
                                             }},
                                             time, stop);
  measured.items = static_cast<double>(count);
  return measured;
}

measurement near_cache(std::chrono::nanoseconds time) {
  const plait::remote::connection server(the_server().url());
  plait::remote::near_cache<std::uint64_t, std::uint64_t> cache(server, "copies", {.capacity = 10 * keys});
  for (std::uint64_t key = 0; key < keys; ++key) cache.put(key, key);
  for (std::uint64_t key = 0; key < keys; ++key) (void)cache.get(key);
  return gets(time, [&](std::uint64_t key) { return cache.get(key); });
}

measurement expiring_cache(std::chrono::nanoseconds time) {
  plait::expiring_cache<std::uint64_t, std::uint64_t> cache({.capacity = 10 * keys});
  for (std::uint64_t key = 0; key < keys; ++key) cache.put(key, key);
  return gets(time, [&](std::uint64_t key) { return cache.get(key); });
}

measurement map(std::chrono::nanoseconds time) {
  const plait::remote::connection server(the_server().url());
  plait::remote::map<std::uint64_t, std::uint64_t> at_server(server, "entries");
  for (std::uint64_t key = 0; key < keys; ++key) at_server.put(key, key);
  return gets(time, [&](std::uint64_t key) { return at_server.get(key); });
}

const bench::registration workloads([] {
  const auto add = [](const char* implementation, measurement (*run)(std::chrono::nanoseconds)) {
    bench::suite().push_back({"remote_near_cache", "hit", "1T", implementation, 1, run,
                              bench::headline::time_per_item, why_no_server});
  };
  add("plait", near_cache);
  add("expiring_cache", expiring_cache);
  add("remote_map", map);
});

}  // namespace
