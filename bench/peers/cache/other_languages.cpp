// SPDX-License-Identifier: MIT
// moka and quick_cache, in Rust, and caffeine, in Java: programs of their own, in the folders of these names.
#include <memory>
#include <set>

#include <fmt/core.h>

#include "support/cache_requests.hpp"
#include "support/peer_program.hpp"

namespace {

using bench::cache_workload;
using bench::peer_program;

peer_program::recipe in_rust(const std::string& name) {
  return {.name = name,
          .tools = {"cargo"},
          .build = fmt::format("cargo build --release --locked --package peer_{} --manifest-path "
                               "\"$1/cache/Cargo.toml\" --target-dir \"$2/rust\"",
                               name),
          .start = fmt::format("exec \"$2/rust/release/peer_{}\"", name)};
}

peer_program::recipe in_java() {
  return {
      .name = "caffeine",
      .tools = {"mvn", "java"},
      .build = "mvn --batch-mode --file \"$1/cache/caffeine\" -Dplait.output=\"$2/caffeine\" process-classes",
      .start = "exec java -cp \"$2/caffeine/classes:$2/caffeine/libraries/*\" CaffeinePeer"};
}

// The file with what is asked for in a workload, written anew by each process.
std::string keys_file(const cache_workload& what) {
  if (what.requests == nullptr) return "-";
  const std::string path = fmt::format("{}/{}.keys", peer_program::output_folder(), what.name);
  static std::set<std::string> written;
  if (written.insert(path).second) bench::write_requests(*what.requests(), path);
  return path;
}

void add(const peer_program::recipe& how, const std::vector<const cache_workload*>& workloads) {
  const auto program = std::make_shared<peer_program>(how);
  for (const cache_workload* what : workloads) {
    const char* const kind = what->requests == nullptr ? "insert" : what->expires ? "look_up_ttl" : "look_up";
    bench::add_for_threads(
        "expiring_cache", what->name, how.name,
        [=](std::size_t threads, std::chrono::nanoseconds time) {
          return program->measure(
              fmt::format("{} {} {} {} {}", kind, threads, time.count(), what->capacity, keys_file(*what)));
        },
        bench::headline::items_per_second, [=] { return program->why_missing(); });
  }
}

const bench::registration programs([] {
  using namespace bench;
  // quick_cache knows no time to live.
  add(in_rust("quick_cache"), {&cache_hits, &cache_read_through, &cache_insert});
  add(in_rust("moka"), {&cache_hits, &cache_hits_ttl, &cache_read_through, &cache_insert});
  add(in_java(), {&cache_hits, &cache_hits_ttl, &cache_read_through, &cache_insert});
});

}  // namespace
