// SPDX-License-Identifier: MIT
// What each known bug is made of: the names of std:: in the checker, and a mistake that is there or is not.
#pragma once

#include <cstdint>

#include <verify/verify.hpp>

namespace mistakes {

using verify::atomic;
using verify::check;
using verify::memory_order;
using verify::mutex;
using verify::plain;
using verify::threads;
using verify::this_thread::yield;
using enum verify::memory_order;

enum class made : std::uint8_t { right, wrong };
using enum made;

// The order that is needed, or the wrong one.
constexpr memory_order order_if(made how, memory_order needed, memory_order instead) {
  return how == right ? needed : instead;
}

// A word on which threads sleep while it has a given value.
using word = atomic<std::uint32_t>;

}  // namespace mistakes
