// SPDX-License-Identifier: MIT
// The workloads of keyed_counter, for plait and every rival alike. workloads.md says what they are.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "support/string_hash.hpp"
#include "support/suite.hpp"
#include "support/zipf_words.hpp"

namespace bench {

// How a key is given to a counter: a string without making one.
template <class Key>
using counted_key = std::conditional_t<std::same_as<Key, std::string>, std::string_view, Key>;
template <class Key>
using key_span = std::span<const counted_key<Key>>;

// The hash of a rival that brings none for both kinds of keys.
template <class Key>
using counted_key_hash = std::conditional_t<std::same_as<Key, std::string>, string_hash, std::hash<Key>>;

// A counter as the workloads use it.
template <class Counter>
concept keyed_counter_peer = std::default_initializable<Counter> &&
                             requires(Counter counter, key_span<typename Counter::key_type> keys) {
                               counter.add(keys);                                         // one of each
                               { counter.total() } -> std::convertible_to<std::int64_t>;  // when nobody adds
                             };

template <keyed_counter_peer Counter, key_span<typename Counter::key_type> (*TextOf)(std::size_t reader)>
measurement count_keys(std::size_t threads, std::chrono::nanoseconds time) {
  constexpr std::size_t at_once = 1024;
  Counter counter;
  stop_flag stop;
  std::atomic<std::int64_t> added{0};
  std::vector<job> jobs;
  for (std::size_t i = 0; i != threads; ++i) {
    jobs.push_back([&, keys = TextOf(i)] {
      std::int64_t mine = 0;
      for (std::size_t at = 0; !stop(); at = (at + at_once) % keys.size()) {
        counter.add(keys.subspan(at, at_once));
        mine += at_once;
      }
      added += mine;
    });
  }
  measurement measured = run_together(jobs, time, stop);
  if (counter.total() != added)
    throw wrong_result("added " + std::to_string(added) + " keys and counted " +
                       std::to_string(counter.total()));
  measured.items = static_cast<double>(added);
  return measured;
}

template <template <class Key> class Counter>
void add_keyed_counter(const std::string& name) {
  add_for_threads("keyed_counter", "words", name, count_keys<Counter<std::string>, zipf_words>);
  add_for_threads("keyed_counter", "zipf_10k", name, count_keys<Counter<std::uint64_t>, zipf_numbers>);
}

}  // namespace bench
