// SPDX-License-Identifier: MIT
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <plait/hazard_pointer.hpp>

#include "stress/team.hpp"
#include "stress/workload.hpp"

namespace {

using plait::hazard_pointer;
using stress::member;
using stress::round;
using stress::tally;

// An object that knows whether it is alive, and how many are.
class living : public plait::hazard_pointer_obj_base<living> {
 public:
  explicit living(std::atomic<std::int64_t>& count) : count_(count) { ++count_; }
  ~living() {
    sign_.store(dead, std::memory_order_relaxed);
    --count_;
  }
  living(const living&) = delete;
  living& operator=(const living&) = delete;

  bool is_alive() const { return sign_.load(std::memory_order_relaxed) == alive; }

 private:
  static constexpr std::uint64_t alive = 0x600d600d600d600d;
  static constexpr std::uint64_t dead = 0xdeaddeaddeaddead;

  std::atomic<std::int64_t>& count_;
  std::atomic<std::uint64_t> sign_ = alive;
};

// Threads replace and read the objects behind a few pointers, with hazard pointers that they keep or make for
// each read; partly in threads that end at once.
tally replace_and_read(const round& of) {
  constexpr int times = 2000;
  std::atomic<std::int64_t> count = 0;
  std::array<std::atomic<living*>, 3> sources{};
  for (std::atomic<living*>& source : sources) source = new living(count);
  std::atomic<bool> all_alive = true;
  std::atomic<std::int64_t> most = 0;

  const auto read = [&](hazard_pointer& guard, std::atomic<living*>& source) {
    if (!guard.protect(source)->is_alive()) all_alive = false;
  };
  const auto act = [&](member& who, hazard_pointer& kept) {
    std::atomic<living*>& source = sources[who.random() % sources.size()];
    switch (who.random() % 4) {
      case 0:
        who.does("retire", [&] { source.exchange(new living(count))->retire(); });
        most = std::max<std::int64_t>(most, count);
        break;
      case 1:
        who.does("protect", [&] { read(kept, source); });
        break;
      case 2:
        who.does("protect, made", [&] {
          hazard_pointer guard = plait::make_hazard_pointer();
          read(guard, source);
          if (who.random() % 2 == 0) swap(guard, kept);
        });
        break;
      default:
        who.does("try_protect", [&] {
          living* object = source.load();
          if (kept.try_protect(object, source) && !object->is_alive()) all_alive = false;
        });
    }
  };

  stress::team threads(of);
  for (std::size_t i = 0; i != of.threads; ++i)
    threads.add(fmt::format("thread {}", i), [&](member& who) {
      hazard_pointer kept = plait::make_hazard_pointer();
      for (int time = 0; time != times; ++time) act(who, kept);
      for (int life = 0; life != 10; ++life)
        std::thread([&] {
          for (int time = 0; time != 20; ++time) act(who, kept);
        }).join();
    });
  threads.run();

  const std::int64_t bound = static_cast<std::int64_t>(
      sources.size() + (of.threads + 1) * (2 * plait::detail::retired_objects::batch() + 1));
  for (std::atomic<living*>& source : sources) delete source.load();
  // The next thread that retires adopts what the ended threads have left.
  std::atomic<std::int64_t> others = 0;
  std::thread([&] {
    for (std::size_t i = 0; i != 4 * plait::detail::retired_objects::batch(); ++i)
      (new living(others))->retire();
  }).join();
  stress::require(all_alive, "a protected object was freed");
  stress::require(most <= bound,
                  fmt::format("{} objects were alive at once, the bound is {}", most.load(), bound));
  stress::require(count == 0, fmt::format("{} objects were never freed", count.load()));
  return {.operations = of.threads * (times + 200), .histories = 0};
}

const stress::workload all[] = {{"hazard_pointer/replace_and_read", replace_and_read}};

}  // namespace
