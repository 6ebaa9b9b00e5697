// SPDX-License-Identifier: MIT
// Memory orders by the place in the source that names them: which of them a scenario executes, and replacing
// one by a weaker one. The order is replaced when it is used, so no rebuild is needed.
#pragma once

#include <cstdint>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include "memory.hpp"

namespace verify {

using site = std::source_location;

// What an order applies to. A compare-exchange has two orders: of success and of failure.
enum class access : std::uint8_t { load, store, modify, failed_modify, fence };

struct order_site {
  std::string file;
  std::uint32_t line;
  std::uint32_t column;
  verify::access access;
  std::memory_order order;

  bool operator==(const order_site&) const = default;
};

// "bounded_queue.hpp:312 load seq_cst"
std::string to_string(const order_site& at);
std::string_view to_string(std::memory_order order) noexcept;
std::string_view to_string(access kind) noexcept;

// The orders that could stand there instead, strongest first.
std::vector<std::memory_order> weaker_orders(const order_site& at);

constexpr bool is_weaker(std::memory_order a, std::memory_order b) noexcept {
  using enum std::memory_order;
  return a == relaxed || b == seq_cst || (b == acq_rel && (a == acquire || a == release));
}

namespace detail {

// Every order that an execution uses is looked up here.
class order_table {
 public:
  std::memory_order effective(std::memory_order named, access kind, const site& where) {
    return idle_ ? named : look_up(named, kind, where);
  }

  // Notes every site that is executed from now on.
  void start_noting();
  std::vector<order_site> stop_noting();

  void weaken(const order_site& at, std::memory_order to);
  void restore();

 private:
  struct weakened_site {
    order_site at;
    std::memory_order order;
  };

  std::memory_order look_up(std::memory_order named, access kind, const site& where);

  bool idle_ = true;
  bool noting_ = false;
  std::vector<order_site> noted_;
  std::optional<weakened_site> weakened_;
};

inline order_table orders;

}  // namespace detail
}  // namespace verify
