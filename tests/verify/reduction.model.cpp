// SPDX-License-Identifier: MIT
// Depth-first search leaves out executions that repeat another one in another order (strategy.hpp). Here it is
// compared with the search that leaves out none, on random programs of all operations through which threads
// interact: within the bounds, both must find the same outcomes. So must they if a thread is stopped for ever,
// at each of its steps: then the outcomes are what each other thread has got at its end.
//
// VERIFY_EFFORT=n takes n times as many programs, VERIFY_EFFORT=deep a hundred times. A program that fails is
// named by its seed; VERIFY_SEED=seed is that one alone.
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <verify/scenario.hpp>
#include <verify/seam.hpp>

namespace {

namespace sync = verify::sync;

enum class does : std::uint8_t {
  load,
  store,
  add,
  exchange_if,  // a weak compare-exchange
  fence,
  wait_until,  // on a futex, with a deadline
  wait,        // without
  wake,
  locked_add,  // under the mutex
  try_lock,
  look_at_clock,
  yield,
  spin,  // until an atomic has changed, a few times
  make,  // an object, and destroy it
};

struct operation {
  does what;
  unsigned location;
  unsigned value;
  std::memory_order order;
};

using program = std::vector<std::vector<operation>>;

class dice {
 public:
  explicit dice(std::uint64_t seed) : random_(seed) {}
  unsigned below(unsigned bound) { return static_cast<unsigned>(random_() % bound); }

 private:
  std::mt19937_64 random_;
};

std::memory_order order_of(does what, dice& random) {
  using enum std::memory_order;
  static constexpr std::array loads{relaxed, acquire, seq_cst}, stores{relaxed, release, seq_cst};
  static constexpr std::array others{relaxed, acq_rel, seq_cst};
  const unsigned which = random.below(3);
  if (what == does::load || what == does::spin) return loads[which];
  return what == does::store ? stores[which] : others[which];
}

program make_program(dice& random) {
  // Few kinds in one program, so that they interact.
  std::array<does, 3> kinds;
  for (does& each : kinds) each = static_cast<does>(random.below(static_cast<unsigned>(does::make) + 1));
  program made(random.below(3) == 0 ? 3 : 2);
  const unsigned most = made.size() == 3 ? 3 : 4;
  for (auto& thread : made)
    for (unsigned count = 1 + random.below(most); count != 0; --count) {
      const does what =
          random.below(4) == 0 ? static_cast<does>(random.below(4)) : kinds[random.below(kinds.size())];
      thread.push_back({what, random.below(3), 1 + random.below(2), order_of(what, random)});
    }
  return made;
}

// One execution; its outcome is a hash of all results that the threads got.
class runner {
 public:
  explicit runner(const program& of) : program_(of) {}

  // at_end(what the thread has got until then, as a hash) is called by each thread.
  template <class AtEnd>
  std::uint64_t operator()(AtEnd at_end) {
    std::array<sync::atomic<std::uint32_t>, 3> cells{};
    sync::mutex guard;
    verify::plain<unsigned> guarded(0);
    std::array<std::uint64_t, 3> told{};
    const sync::clock::time_point begin = sync::clock::now();
    const auto thread = [&](std::size_t number) {
      return [&, number] {
        for (const operation& each : program_[number]) {
          const std::uint64_t result = run(each, cells, guard, guarded, begin);
          told[number] = (told[number] ^ (result + 1)) * 0x100000001b3;
        }
        at_end(told[number] * 4 + number);
      };
    };
    if (program_.size() == 2) {
      verify::threads(thread(0), thread(1));
    } else {
      verify::threads(thread(0), thread(1), thread(2));
    }
    std::uint64_t outcome = guarded.read();
    for (const std::uint64_t each : told) outcome = (outcome ^ each) * 0x9e3779b97f4a7c15;
    for (const auto& each : cells) outcome = (outcome ^ each.load(sync::relaxed)) * 0x9e3779b97f4a7c15;
    return outcome;
  }

 private:
  static std::uint64_t run(const operation& each, std::array<sync::atomic<std::uint32_t>, 3>& cells,
                           sync::mutex& guard, verify::plain<unsigned>& guarded,
                           sync::clock::time_point begin) {
    sync::atomic<std::uint32_t>& cell = cells[each.location];
    switch (each.what) {
      case does::load:
        return cell.load(each.order);
      case does::store:
        cell.store(each.value, each.order);
        return 0;
      case does::add:
        return cell.fetch_add(each.value, each.order);
      case does::exchange_if: {
        std::uint32_t expected = each.value - 1;
        const bool done = cell.compare_exchange_weak(expected, each.value + 1, each.order);
        return expected * 2 + done;
      }
      case does::fence:
        sync::fence(each.order);
        return 0;
      case does::wait_until: {
        // Some deadlines are set long before a thread waits for them.
        const auto from = each.value == 1 ? sync::clock::now() : begin;
        const auto deadline = from + std::chrono::microseconds(2 * each.value);
        return static_cast<std::uint64_t>(sync::futex_wait(cell, each.value - 1, &deadline));
      }
      case does::wait:
        return static_cast<std::uint64_t>(sync::futex_wait(cell, each.value, nullptr));
      case does::wake:
        sync::futex_wake(cell, static_cast<int>(each.value));
        return 0;
      case does::locked_add: {
        guard.lock();
        const unsigned found = guarded.read();
        guarded.write(found * 3 + each.value);
        guard.unlock();
        return found;
      }
      case does::try_lock: {
        if (!guard.try_lock()) return 0;
        const unsigned found = guarded.read();
        guard.unlock();
        return found + 1;
      }
      case does::look_at_clock:
        return static_cast<std::uint64_t>(sync::clock::now().time_since_epoch().count());
      case does::yield:
        sync::yield();
        return 0;
      case does::spin: {
        unsigned tries = 0;
        while (cell.load(each.order) == 0 && ++tries != 3) sync::yield();
        return tries;
      }
      case does::make: {
        auto* const made = new sync::atomic<std::uint32_t>(each.value);
        const std::uint32_t found = made->fetch_add(cell.load(sync::relaxed), each.order);
        delete made;
        return found;
      }
    }
    return 0;
  }

  const program& program_;
};

struct result {
  std::set<std::uint64_t> outcomes;
  verify::report found;
};

struct bounds {
  unsigned preemptions, stale_loads, spurious;
  bool freezes;
};

result search(const program& of, const bounds& within, bool reduced) {
  result made;
  runner run(of);
  const auto note = [&](std::uint64_t outcome) {
    const verify::detail::untracked own;
    made.outcomes.insert(outcome);
  };
  const verify::options how{.depth_first = 20'000,
                            .priorities = 0,
                            .random = 0,
                            .preemptions = within.preemptions,
                            .stale_loads = within.stale_loads,
                            .spurious_events = within.spurious,
                            .scaled = false,
                            .reduced = reduced};
  made.found = within.freezes ? verify::freeze([&] { note(run(note)); }, 1, how)
                              : verify::explore([&] { note(run([](std::uint64_t) {})); }, how);
  return made;
}

struct tally {
  std::uint64_t programs = 0, outcomes = 0, full = 0, reduced = 0, failing = 0;
};

bool compare(std::uint64_t seed, tally& sum) {
  dice random(seed);
  const program made = make_program(random);
  const unsigned preemptions = random.below(3), stale_loads = random.below(3), spurious = random.below(2);
  const bounds within{preemptions, stale_loads, spurious, random.below(4) == 0};
  const result all = search(made, within, false);
  const result some = search(made, within, true);
  if (!all.found.complete && all.found.passed()) return true;  // too large to compare
  ++sum.programs;
  sum.outcomes += all.outcomes.size();
  sum.full += all.found.executions;
  sum.reduced += some.found.executions;
  sum.failing += !all.found.passed();
  // A search ends at its first failure: then both have to find one.
  const bool agree = all.found.passed() == some.found.passed() &&
                     (!all.found.passed() || (some.found.complete && all.outcomes == some.outcomes));
  EXPECT_TRUE(agree) << "with " << preemptions << " preemptions, " << stale_loads << " old values, " << spurious
                     << " spurious events, " << (within.freezes ? "thread 1 stopped: " : "no thread stopped: ")
                     << all.outcomes.size() << " outcomes, " << some.outcomes.size()
                     << " by the reduced search\n  VERIFY_SEED=" << seed << "\n  all: " << all.found
                     << "\n  reduced: " << some.found;
  return agree;
}

std::uint64_t programs_of_one_part() {
  const char* const effort = std::getenv("VERIFY_EFFORT");
  if (effort == nullptr) return 5'000;
  if (std::string_view(effort) == "deep") return 500'000;
  return 5'000 * std::max(1ul, std::strtoul(effort, nullptr, 10));
}

class reduction : public testing::TestWithParam<std::uint64_t> {};

TEST_P(reduction, loses_nothing_that_a_program_can_end_in) {
  tally sum;
  if (const char* const seed = std::getenv("VERIFY_SEED")) {
    compare(std::strtoull(seed, nullptr, 10), sum);
    return;
  }
  unsigned disagreements = 0;
  for (std::uint64_t i = 0; i != programs_of_one_part() && disagreements != 3; ++i)
    disagreements += !compare(GetParam() * 1'000'000 + i, sum);
  std::cout << "             " << sum.programs << " programs, " << sum.failing << " of them with a failure; "
            << sum.outcomes << " outcomes of " << sum.full << " executions, or of " << sum.reduced
            << " reduced ones\n";
}

INSTANTIATE_TEST_SUITE_P(random_programs, reduction, testing::Values(1, 2));

}  // namespace
