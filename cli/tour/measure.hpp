// SPDX-License-Identifier: MIT
// How the tour measures: threads that start together, implementations that take turns, medians, and words
// that say what came out.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace plait::cli::tour {

// The processors this process may use, and at least 2: there is nothing to see with one thread.
unsigned some_threads();

// Runs body(0), body(1), ... in a thread each. Returns the seconds from their common start to the last end.
double run_together(unsigned threads, const std::function<void(unsigned)>& body);

// Nanoseconds that an operation takes each of `threads` threads that do nothing else, for 50 milliseconds.
// some_operations() does 1000 of them.
double nanoseconds_each(unsigned threads, const std::function<void()>& some_operations);
inline constexpr int operations_at_once = 1000;

// Each measurement is made several times, in turn with the others; the medians, in the same order.
std::vector<double> medians_in_turn(const std::vector<std::function<double()>>& measurements);

// How a time compares with another: "3.1 times as fast as", "about as fast as", "1.4 times as slow as".
std::string compared(double time, double with);

}  // namespace plait::cli::tour
