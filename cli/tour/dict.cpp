// SPDX-License-Identifier: MIT
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <stdexcept>
#include <unordered_map>
#include <vector>

#include <plait/hash_map.hpp>

#include "tour/chapters.hpp"
#include "tour/measure.hpp"

namespace plait::cli::tour {
namespace {

constexpr std::uint64_t pages = 2000;

// Some microseconds of work that should be done once for each page.
std::uint64_t render(std::uint64_t page, std::atomic<std::uint64_t>& times) {
  ++times;
  std::uint64_t text = page;
  for (int i = 0; i != 2000; ++i) text = text * 6364136223846793005 + 1442695040888963407;
  return text;
}

// What people write first: every call is safe, and the two together are not.
void check_then_act(page& out) {
  std::unordered_map<std::uint64_t, std::uint64_t> rendered;
  std::mutex mutex;
  std::atomic<std::uint64_t> times = 0;
  const unsigned threads = some_threads();
  run_together(threads, [&](unsigned) {
    for (std::uint64_t page = 0; page != pages; ++page) {
      {
        const std::lock_guard lock(mutex);
        if (rendered.contains(page)) continue;
      }
      const std::uint64_t text = render(page, times);
      const std::lock_guard lock(mutex);
      rendered.emplace(page, text);
    }
  });
  out.say(
      "Live: {} threads want the same {} pages. Each looks under a lock, renders what is not there, and puts "
      "it in under a lock. {} pages were rendered: {} of them in vain.",
      threads, grouped(pages), grouped(static_cast<std::int64_t>(times)),
      grouped(static_cast<std::int64_t>(times - pages)));
}

void compute_once(page& out) {
  plait::hash_map<std::uint64_t, std::uint64_t> rendered;
  std::atomic<std::uint64_t> times = 0;
  const unsigned threads = some_threads();
  run_together(threads, [&](unsigned) {
    for (std::uint64_t page = 0; page != pages; ++page)
      rendered.get_or_insert_with(page, [&] { return render(page, times); });
  });
  out.say("The same with get_or_insert_with: {} pages were rendered, so {} in vain{}.",
          grouped(static_cast<std::int64_t>(times)), grouped(static_cast<std::int64_t>(times - pages)),
          times == pages && rendered.size() == pages ? "" : ", which is WRONG: please report a bug");
}

// One of 16 operations writes.
constexpr std::uint64_t keys_in_dict = 10'000;
template <class Read, class Write>
auto mostly_read(Read read, Write write) {
  return [=] {
    thread_local std::uint64_t random = 88172645463325252;
    random ^= random << 13, random ^= random >> 7, random ^= random << 17;
    const std::uint64_t key = random % keys_in_dict;
    if ((random >> 40) % 16 == 0) {
      write(key, random);
    } else if (!read(key)) {
      throw std::logic_error("a key is gone that nobody erased");
    }
  };
}

void compare_lookups(page& out) {
  plait::hash_map<std::uint64_t, std::uint64_t> map;
  std::unordered_map<std::uint64_t, std::uint64_t> guarded;
  for (std::uint64_t key = 0; key != keys_in_dict; ++key) map.insert(key, key), guarded.emplace(key, key);
  std::mutex mutex;
  std::shared_mutex shared_mutex;
  const auto ours =
      mostly_read([&](std::uint64_t key) { return map.find(key).has_value(); },
                  [&](std::uint64_t key, std::uint64_t value) { map.insert_or_assign(key, value); });
  const auto locked = [&](auto& lock, auto read_guard) {
    return mostly_read(
        [&lock, &guarded, read_guard](std::uint64_t key) {
          const auto guard = read_guard(lock);
          return guarded.contains(key);
        },
        [&lock, &guarded](std::uint64_t key, std::uint64_t value) {
          const std::lock_guard guard(lock);
          guarded[key] = value;
        });
  };
  const auto with_mutex = locked(mutex, [](auto& lock) { return std::unique_lock(lock); });
  const auto with_shared = locked(shared_mutex, [](auto& lock) { return std::shared_lock(lock); });
  const unsigned many = some_threads();
  const auto each = [](unsigned threads, auto operation) {
    return [=] { return nanoseconds_each(threads, operation); };
  };
  const std::vector<double> time =
      medians_in_turn({each(1, ours), each(many, ours), each(1, with_mutex), each(many, with_mutex),
                       each(1, with_shared), each(many, with_shared)});
  out.say(
      "Nanoseconds that an operation costs each thread, {} keys, 15 of 16 look one up (median of 5 times 50 "
      "ms):",
      grouped(keys_in_dict));
  out.row("{:<40} {:>12} {:>12}", "", "1 thread", fmt::format("{} threads", many));
  out.row("{:<40} {:>12.1f} {:>12.1f}", "plait::hash_map", time[0], time[1]);
  out.row("{:<40} {:>12.1f} {:>12.1f}", "std::unordered_map, std::mutex", time[2], time[3]);
  out.row("{:<40} {:>12.1f} {:>12.1f}", "std::unordered_map, std::shared_mutex", time[4], time[5]);
  out.gap();
  out.say(
      "With {} threads plait::hash_map is {} the mutex and {} the shared one. Whoever takes a lock writes to "
      "it, also to read; a lookup of hash_map writes nothing that another thread wants. So see what a second "
      "thread costs: hash_map with {} threads is {} with one.",
      many, compared(time[1], time[3]), compared(time[1], time[5]), many, compared(time[1], time[0]));
}

}  // namespace

void dict(page& out) {
  out.say(
      "A dictionary under a lock is safe, call by call. What goes wrong is between two calls: look whether "
      "something is there, and act on the answer, when somebody else has done so, too.");
  check_then_act(out);
  out.code("hash_map", "once");
  compute_once(out);
  compare_lookups(out);
}

}  // namespace plait::cli::tour
