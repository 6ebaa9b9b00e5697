// SPDX-License-Identifier: MIT
// Scenarios of dictionaries: every two of their operations, in two threads, from every initial state.
//
// A `World` is constructed from a state, which has a name, and holds the dictionary; its operations record
// their results. judge() checks that some order of them explains all results.
#pragma once

#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <verify/scenario.hpp>

#include "support/operation_pairs.hpp"

namespace map_pairs {

// Keys that say where they stand, for a hash function that returns them: bit 0 is the home, bits 16 .. 23 are
// the tag.
inline constexpr std::uint64_t tag = 1 << 16;
inline constexpr std::uint64_t key_a = 7 * tag;
inline constexpr std::uint64_t key_b = 7 * tag + 2;  // the same home as a, the same tag
inline constexpr std::uint64_t key_c = 9 * tag + 4;  // the same home

// Kinds of values that hold a number: a word, and an object that is touched under a lock alone.
struct word {
  using value = std::uint64_t;
  static value make(std::uint64_t number) { return number; }
  static std::uint64_t number(const value& from) { return from; }
};
struct object {
  class value {
   public:
    explicit value(std::uint64_t number) : number_(number) {}
    value(const value& other) : number_(other.number()) {}
    value(value&& other) noexcept : number_(other.number()) { other.number_.write(0); }
    value& operator=(const value& other) {
      number_.write(other.number());
      return *this;
    }
    std::uint64_t number() const { return number_.read(); }
    bool operator==(const value& other) const { return number() == other.number(); }

   private:
    verify::plain<std::uint64_t> number_;
  };
  static value make(std::uint64_t number) { return value(number); }
  static std::uint64_t number(const value& from) { return from.number(); }
};

template <class World>
struct operation {
  const char* name;
  void (*run)(World&);
  bool only_looks = false;  // changes nothing: two such are no pair
};

// An operation with itself and all that come after it, in two threads, from each of the states.
template <class World, class State>
std::vector<model::row> rows(std::span<const State> states, std::span<const operation<World>> operations,
                             const verify::options& how) {
  std::vector<model::row> all;
  for (const State& from : states) {
    for (auto first = operations.begin(); first != operations.end(); ++first) {
      model::row made{.name = from.name + std::string("_") + first->name};
      for (auto second = first; second != operations.end(); ++second) {
        if (first->only_looks && second->only_looks) continue;
        made.scenarios->push_back({made.name + "_" + second->name,
                                   [&from, &a = *first, &b = *second] {
                                     World in(from);
                                     verify::threads([&] { a.run(in); }, [&] { b.run(in); });
                                     in.judge();
                                   },
                                   how});
      }
      all.push_back(std::move(made));
    }
  }
  return all;
}

// Two threads, from a state.
template <class World, class State>
verify::scenario both(const char* name, const State& from, void (*first)(World&), void (*second)(World&),
                      const verify::options& how) {
  return {name,
          [&from, first, second] {
            World in(from);
            verify::threads([&] { first(in); }, [&] { second(in); });
            in.judge();
          },
          how};
}

}  // namespace map_pairs
