// SPDX-License-Identifier: MIT
// What lies beside a value in a map: how often it was put and got.
#pragma once

#include <concepts>
#include <cstdint>
#include <utility>

#include <plait/access_statistics.hpp>
#include <plait/detail/count/approximate_count.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// The counts of one key. A value was put once when it was made.
template <access_statistics Kept>
struct access_counts {
  void add_put() noexcept {}
};

template <>
struct access_counts<access_statistics::puts> {
  void add_put() noexcept { ++puts; }
  key_accesses read() const noexcept { return {.gets = 0, .puts = puts}; }
  void reset() noexcept { puts = 0; }

  std::uint64_t puts = 1;
};

template <>
struct access_counts<access_statistics::approximate_gets> {
  void add_put() noexcept { word += one_put; }
  // For a get that the sample has chosen.
  void add_get(std::uint64_t bits) noexcept {
    approximate_count counted = gets();
    counted.add(bits);
    word = word / one_put * one_put + counted.steps();
  }

  key_accesses read() const noexcept { return {.gets = gets().value(), .puts = word / one_put}; }
  void reset() noexcept { word = 0; }

  //   bits 63 .. 16   the puts
  //   bits 15 .. 0    the steps of the gets
  static constexpr std::uint64_t one_put = 1 << 16;
  std::uint64_t word = one_put;

 private:
  approximate_count gets() const noexcept { return approximate_count(static_cast<std::uint16_t>(word)); }
};

template <>
struct access_counts<access_statistics::exact_gets> {
  void add_put() noexcept { ++counted.puts; }
  void add_get() noexcept { ++counted.gets; }
  key_accesses read() const noexcept { return counted; }
  void reset() noexcept { counted = {}; }

  key_accesses counted{.gets = 0, .puts = 1};
};

// What a stats_map keeps in its hash_map.
template <class Value, access_statistics Kept>
struct counted_value {
  template <class... Args>
    requires std::constructible_from<Value, Args...>
  explicit counted_value(std::in_place_t, Args&&... args) : value(std::forward<Args>(args)...) {}

  Value value;
  [[no_unique_address]] access_counts<Kept> counts;
};

}  // namespace PLAIT_NAMESPACE::detail
