// SPDX-License-Identifier: MIT
// A second opinion on the memory model: the litmus table under Relacy, an independent race detector. It sees
// the outcomes of the row, or the row is listed below with what it sees instead and why.
//
// Relacy implements C++11 and knows the last three values of an atomic. It does not list outcomes: these are
// what many random executions end in, the same ones in every run. What neither machine can show (also_legal in
// the table), neither confirms.
#include "support/litmus.hpp"

#include <cstddef>
#include <iostream>
#include <map>
#include <ostream>
#include <set>
#include <string>

#include <gtest/gtest.h>

// Last, because it defines macros with these names.
#include <relacy/relacy.hpp>
#undef new
#undef delete
#undef free
#undef malloc
#undef calloc
#undef realloc
#undef assert

void PrintTo(const litmus& row, std::ostream* out) {
  *out << row.name;
}

namespace {

constexpr rl::iteration_t executions = 20'000;
constexpr std::size_t most_threads = 4;

struct relacy {
  template <class T>
  class atomic {
   public:
    atomic(T value) : value_(value) {}
    T load(rl::memory_order order) const { return value_.load(order, {}); }
    void store(T value, rl::memory_order order) { value_.store(value, order, {}); }
    T exchange(T value, rl::memory_order order) { return value_.exchange(value, order, {}); }
    T fetch_add(T value, rl::memory_order order) { return value_.fetch_add(value, order, {}); }
    bool compare_exchange_strong(T& expected, T value, rl::memory_order order) {
      return value_.compare_exchange_strong(expected, value, order, {});
    }
    bool compare_exchange_weak(T& expected, T value, rl::memory_order order) {
      return value_.compare_exchange_weak(expected, value, order, {});
    }

   private:
    rl::atomic<T> value_;
  };

  class plain {
   public:
    explicit plain(int value) { write(value); }
    int read() const { return value_({}).load(); }
    void write(int value) { value_({}).store(value); }

   private:
    rl::var<int> value_;
  };

  class mutex {
   public:
    void lock() { mutex_.lock({}); }
    void unlock() { mutex_.unlock({}); }

   private:
    rl::mutex mutex_;
  };

  static constexpr auto relaxed = rl::mo_relaxed;
  static constexpr auto acquire = rl::mo_acquire;
  static constexpr auto release = rl::mo_release;
  static constexpr auto acq_rel = rl::mo_acq_rel;
  static constexpr auto seq_cst = rl::mo_seq_cst;
  static void fence(rl::memory_order order) { rl::atomic_thread_fence(order, {}); }
  static void process_wide_fence() { rl::systemwide_fence({}); }

  template <class... Functions>
  static void threads(Functions... functions) {
    static_assert(sizeof...(functions) <= most_threads);
    rl::dyn_thread started[sizeof...(functions)];
    rl::dyn_thread* next = started;
    (next++->start(run<Functions>, &functions), ...);
    for (rl::dyn_thread& each : started) each.join();
  }

 private:
  template <class Function>
  static void* run(void* function) {
    (*static_cast<Function*>(function))();
    return nullptr;
  }
};

// Global, because the functions that Relacy calls take no arguments. The set's memory is not part of the
// execution.
const litmus* current_row = nullptr;
rl::set<rl::string>::type current_outcomes;

void run_current_row() {
  const std::string result = current_row->program();
  current_outcomes.insert(rl::string(result.c_str()));
}

std::set<std::string> outcomes(const litmus& row) {
  current_row = &row;
  current_outcomes.clear();
  rl::ostringstream said;
  rl::test_params how;
  how.iteration_count = executions;
  how.output_stream = how.progress_stream = &said;
  rl::execute<run_current_row, most_threads>(how);
  // Relacy reports a read of an object published by a relaxed store, perhaps before its construction, by
  // another name.
  if (how.test_result == rl::test_result_data_race || how.test_result == rl::test_result_unitialized_access)
    return {"race"};
  EXPECT_EQ(how.test_result, rl::test_result_success) << said.str();
  return {current_outcomes.begin(), current_outcomes.end()};
}

struct disagreement {
  std::string seen;  // under Relacy
  std::string reason;
};

constexpr const char* order_of_execution =
    "Relacy takes the order in which seq_cst operations are executed for their one order, so that such a load "
    "never misses such a store that was executed before it; C++ only asks for some order";

const std::map<std::string, disagreement> disagreements = {
    {"MP_seq_cst_but_for_the_load_of_the_flag", {"00 01 11", order_of_execution}},
    {"MP_seq_cst_data_relaxed_flag", {"00 01 11", order_of_execution}},
    {"MP_through_a_thread_that_counts", {"strong", order_of_execution}},
    {"IRIW_acquire_then_seq_cst", {"strong", order_of_execution}},
    {"Z6_U", {"strong", order_of_execution}},
    {"Z6_U_with_a_load", {"strong", order_of_execution}},
    {"SB_fence_against_seq_cst_accesses",
     {"00 01 10 11",
      "Relacy orders seq_cst fences among themselves alone; already C++11 orders them with seq_cst accesses"}},
    {"IRIW_seq_cst_loads_alone",
     {"strong weak",
      "in C++11 a seq_cst load may read any store that is not seq_cst; since C++20 (P0668) all seq_cst loads "
      "agree on what came first, whatever the stores"}},
    {"RS_ended_by_the_same_thread_s_store_since_CXX20",
     {"strong",
      "in C++11 a later store of the same thread continued the release sequence; C++20 (P0982) ended that"}},
};

std::string listed(const std::set<std::string>& outcomes) {
  std::string text;
  for (const std::string& each : outcomes) text += (text.empty() ? "" : " ") + each;
  return text;
}

class relacy_litmus : public testing::TestWithParam<litmus> {};

TEST_P(relacy_litmus, agrees_or_disagrees_as_explained) {
  const litmus& row = GetParam();
  const std::string seen = listed(outcomes(row));
  const std::string ours = listed(words(row.seen));
  const auto known = disagreements.find(row.name);
  if (known == disagreements.end()) {
    EXPECT_EQ(seen, ours) << "Relacy disagrees, and nobody has explained it";
    std::cout << "Relacy agrees\n";
  } else {
    EXPECT_NE(seen, ours) << "Relacy agrees now, so this explains nothing: " << known->second.reason;
    EXPECT_EQ(seen, known->second.seen) << "Relacy disagrees in another way than: " << known->second.reason;
    std::cout << "Relacy differs: " << known->second.reason << '\n';
  }
}

TEST(relacy_litmus_disagreements, are_about_rows_of_the_table) {
  std::set<std::string> names;
  for (const litmus& row : litmus_rows<relacy>()) names.insert(row.name);
  for (const auto& [name, about] : disagreements) EXPECT_TRUE(names.contains(name)) << name;
}

INSTANTIATE_TEST_SUITE_P(memory_model, relacy_litmus, testing::ValuesIn(litmus_rows<relacy>()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
