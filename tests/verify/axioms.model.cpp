// SPDX-License-Identifier: MIT
// Compares the checker with the axioms of C++20, on random programs: it has to show every outcome that they
// allow and no other, except those that axioms::reach excludes.
//
// VERIFY_EFFORT=deep takes a million programs, VERIFY_EFFORT=n n times as many as usual. A program that fails
// is printed with its seed; VERIFY_SEED=seed is that one alone.
#include "support/axioms.hpp"

#include <array>
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

#include "support/figures.hpp"

namespace {

using axioms::kind;
using axioms::operation;
using axioms::order;
using axioms::outcome;
using axioms::program;
using axioms::reach;

constexpr std::size_t most_threads = 4;
constexpr std::size_t most_operations = 5;  // of a thread

// Programs of all kinds of operations; most of one kind only, so that these interact.
class program_maker {
 public:
  explicit program_maker(std::uint64_t seed) : random_(seed) {}

  program make() {
    mixed_ = pick({mix::anything, mix::seq_cst_accesses, mix::seq_cst_fences, mix::read_modify_writes});
    program made;
    made.locations = mixed_ == mix::anything ? pick({1u, 2u, 3u}) : pick({2u, 2u, 3u});
    const unsigned threads = pick({2u, 2u, 3u, 3u, 3u, 4u});
    unsigned left = threads == 2 ? 7 : 6;
    for (unsigned thread = 0; thread != threads; ++thread) {
      const unsigned most = std::min({left - (threads - thread - 1), 4u, threads == 2 ? 4u : 3u});
      const unsigned count = std::min(most, pick({1u, 2u, 2u, 2u, 3u, 4u}));
      left -= count;
      std::vector<operation> own;
      for (unsigned i = 0; i != count; ++i) {
        if (mixed_ == mix::seq_cst_fences && i != 0 && own.size() + 1 < most_operations && below(4) != 0)
          own.push_back({.kind = kind::fence, .order = order::seq_cst});
        if (own.size() != most_operations) own.push_back(one(static_cast<unsigned>(made.locations)));
      }
      made.threads.push_back(std::move(own));
    }
    return made;
  }

 private:
  enum class mix : std::uint8_t { anything, seq_cst_accesses, seq_cst_fences, read_modify_writes };

  kind any_kind() {
    switch (mixed_) {
      case mix::seq_cst_accesses:
      case mix::seq_cst_fences:
        return pick({kind::load, kind::store});
      case mix::read_modify_writes:
        return pick({kind::load, kind::store, kind::exchange, kind::compare_exchange});
      case mix::anything:
        break;
    }
    return pick({kind::load, kind::load, kind::load, kind::store, kind::store, kind::store, kind::exchange,
                 kind::compare_exchange, kind::fence, kind::fence});
  }

  operation one(unsigned locations) {
    operation made{};
    made.kind = any_kind();
    made.location = static_cast<std::uint8_t>(below(locations));
    switch (made.kind) {
      case kind::load:
        made.order = among({order::relaxed, order::acquire, order::seq_cst});
        break;
      case kind::store:
        made.order = among({order::relaxed, order::release, order::seq_cst});
        break;
      case kind::fence:
        made.order = pick({order::acquire, order::release, order::acq_rel, order::seq_cst, order::seq_cst});
        break;
      case kind::compare_exchange:
        // A value that may be there by then: the first one, or the last one written before in the program.
        made.expected = static_cast<std::uint8_t>(below(2) == 0 ? 0 : written_[made.location]);
        made.failure = among({order::relaxed, order::acquire, order::seq_cst});
        made.weak = below(2) == 0;
        [[fallthrough]];
      case kind::exchange:
        made.order = among({order::relaxed, order::acquire, order::release, order::acq_rel, order::seq_cst});
        break;
    }
    if (made.kind != kind::load && made.kind != kind::fence) made.value = written_[made.location] = ++values_;
    return made;
  }

  order among(std::initializer_list<order> orders) {
    if (mixed_ == mix::seq_cst_accesses && below(3) != 0) return order::seq_cst;
    if (mixed_ == mix::seq_cst_fences && below(3) == 0) return order::seq_cst;
    return pick(orders);
  }
  template <class T>
  T pick(std::initializer_list<T> choices) {
    return *(choices.begin() + below(static_cast<unsigned>(choices.size())));
  }
  unsigned below(unsigned bound) { return static_cast<unsigned>(random_() % bound); }

  std::mt19937_64 random_;
  mix mixed_ = mix::anything;
  std::uint8_t values_ = 0;
  std::array<std::uint8_t, 3> written_{};
};

constexpr std::memory_order standard(order o) {
  switch (o) {
    case order::relaxed:
      return std::memory_order_relaxed;
    case order::acquire:
      return std::memory_order_acquire;
    case order::release:
      return std::memory_order_release;
    case order::acq_rel:
      return std::memory_order_acq_rel;
    case order::seq_cst:
      break;
  }
  return std::memory_order_seq_cst;
}

// One execution of the program under the checker.
class runner {
 public:
  explicit runner(const program& of) : program_(of) {}

  outcome operator()() {
    std::array<verify::sync::atomic<int>, 3> cells{};
    cells_ = &cells;
    const auto thread = [this](std::size_t number) { return [this, number] { run(number); }; };
    switch (program_.threads.size()) {
      case 2:
        verify::threads(thread(0), thread(1));
        break;
      case 3:
        verify::threads(thread(0), thread(1), thread(2));
        break;
      default:
        verify::threads(thread(0), thread(1), thread(2), thread(3));
    }
    axioms::outcome_builder result;
    for (std::size_t i = 0; i != program_.threads.size(); ++i)
      for (std::size_t j = 0; j != program_.threads[i].size(); ++j) {
        const operation& made = program_.threads[i][j];
        if (made.kind == kind::compare_exchange) result.add(succeeded_[i][j]);
        if (made.kind != kind::store && made.kind != kind::fence)
          result.add(static_cast<unsigned>(read_[i][j]));
      }
    for (std::size_t i = 0; i != program_.locations; ++i)
      result.add(static_cast<unsigned>(cells[i].load(std::memory_order_relaxed)));
    return result.done();
  }

 private:
  void run(std::size_t thread) {
    for (std::size_t i = 0; i != program_.threads[thread].size(); ++i) {
      const operation& made = program_.threads[thread][i];
      verify::sync::atomic<int>& cell = (*cells_)[made.location];
      const std::memory_order how = standard(made.order);
      int& read = read_[thread][i];
      switch (made.kind) {
        case kind::load:
          read = cell.load(how);
          break;
        case kind::store:
          cell.store(made.value, how);
          break;
        case kind::exchange:
          read = cell.exchange(made.value, how);
          break;
        case kind::compare_exchange:
          read = made.expected;
          succeeded_[thread][i] =
              made.weak ? cell.compare_exchange_weak(read, made.value, how, standard(made.failure))
                        : cell.compare_exchange_strong(read, made.value, how, standard(made.failure));
          break;
        case kind::fence:
          verify::sync::fence(how);
      }
    }
  }

  const program& program_;
  std::array<verify::sync::atomic<int>, 3>* cells_ = nullptr;
  std::array<std::array<int, most_operations>, most_threads> read_{};
  std::array<std::array<bool, most_operations>, most_threads> succeeded_{};
};

std::set<outcome> shown_by_checker(const program& of, verify::report& found) {
  std::set<outcome> shown;
  runner run(of);
  found = verify::explore(
      [&] {
        const outcome result = run();
        const verify::detail::untracked own;
        shown.insert(result);
      },
      {.depth_first = UINT64_MAX,
       .priorities = 0,
       .random = 0,
       .preemptions = verify::unbounded,
       .stale_loads = verify::unbounded,
       .spurious_events = verify::unbounded,
       .scaled = false});
  return shown;
}

std::string in_words(outcome result) {
  std::string text;
  for (; result != 1; result >>= 4) text.insert(0, 1, "0123456789abcdef"[result & 15]);
  return text;
}

struct tally {
  std::uint64_t programs = 0, executions = 0, shown = 0, stores_late = 0, loads_early = 0;
};

// False if they disagree.
bool compare(std::uint64_t seed, tally& sum) {
  const program made = program_maker(seed).make();
  verify::report found;
  const std::set<outcome> shown = shown_by_checker(made, found);
  EXPECT_TRUE(found) << found;
  EXPECT_TRUE(found.complete) << found;
  const auto allowed = axioms::enumeration(made).outcomes();
  bool agree = found.passed() && found.complete;
  const auto disagree = [&](outcome result, const char* how) {
    agree = false;
    ADD_FAILURE() << in_words(result) << ' ' << how << "\n  " << axioms::describe(made)
                  << "\n  VERIFY_SEED=" << seed;
  };
  for (const outcome each : shown) {
    const auto known = allowed.find(each);
    if (known == allowed.end()) {
      disagree(each, "is forbidden, and the checker shows it");
    } else if (known->second != reach::in_order) {
      disagree(each, "is said to be out of the checker's reach, and it shows it");
    }
  }
  for (const auto& [each, how] : allowed) {
    sum.shown += how == reach::in_order;
    sum.stores_late += how == reach::stores_late;
    sum.loads_early += how == reach::loads_early;
    if (how == reach::in_order && !shown.contains(each))
      disagree(each, "is allowed, and the checker does not show it");
  }
  ++sum.programs;
  sum.executions += found.executions;
  return agree;
}

std::uint64_t programs_of_one_part() {
  const char* const effort = std::getenv("VERIFY_EFFORT");
  if (effort == nullptr) return 2'500;
  if (std::string_view(effort) == "deep") return 250'000;
  return 2'500 * std::max(1ul, std::strtoul(effort, nullptr, 10));
}

class axioms_of_cxx20 : public testing::TestWithParam<std::uint64_t> {};

TEST_P(axioms_of_cxx20, allow_exactly_what_the_checker_shows) {
  tally sum;
  if (const char* const seed = std::getenv("VERIFY_SEED")) {
    compare(std::strtoull(seed, nullptr, 10), sum);
    return;
  }
  const std::uint64_t count = programs_of_one_part();
  unsigned disagreements = 0;
  for (std::uint64_t i = 0; i != count && disagreements != 3; ++i)
    disagreements += !compare(GetParam() * 1'000'000 + i, sum);
  std::cout << "             " << sum.programs << " programs, " << sum.executions
            << " executions; outcomes: " << sum.shown << " shown; left out: " << sum.stores_late
            << " for a store against the modification order, " << sum.loads_early
            << " for a load that reads what is stored later\n";
}

INSTANTIATE_TEST_SUITE_P(random_programs, axioms_of_cxx20, testing::Values(1, 2, 3, 4));

}  // namespace
