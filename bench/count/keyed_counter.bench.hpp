// SPDX-License-Identifier: MIT
// The workload of keyed_counter, for plait and every rival alike. workloads.md says what it is.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "support/string_hash.hpp"
#include "support/suite.hpp"
#include "support/zipf_words.hpp"

namespace bench {

// A counter of words as the workload uses it.
template <class Counter>
concept keyed_counter_peer =
    std::default_initializable<Counter> && requires(Counter counter, word_stream words) {
      counter.add(words);                                        // one of each
      { counter.total() } -> std::convertible_to<std::int64_t>;  // when nobody adds
    };

template <keyed_counter_peer Counter>
measurement count_words(std::size_t threads, std::chrono::nanoseconds time) {
  constexpr std::size_t at_once = 1024;
  Counter counter;
  stop_flag stop;
  std::atomic<std::int64_t> added{0};
  std::vector<job> jobs;
  for (std::size_t i = 0; i != threads; ++i) {
    jobs.push_back([&, words = zipf_words(i)] {
      std::int64_t mine = 0;
      for (std::size_t at = 0; !stop(); at = (at + at_once) % words.size()) {
        counter.add(words.subspan(at, at_once));
        mine += at_once;
      }
      added += mine;
    });
  }
  measurement measured = run_together(jobs, time, stop);
  if (counter.total() != added)
    throw wrong_result("added " + std::to_string(added) + " words and counted " +
                       std::to_string(counter.total()));
  measured.items = static_cast<double>(added);
  return measured;
}

template <keyed_counter_peer Counter>
void add_keyed_counter(const std::string& name) {
  add_for_threads("keyed_counter", "words", name, count_words<Counter>);
}

}  // namespace bench
