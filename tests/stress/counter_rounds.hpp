// SPDX-License-Identifier: MIT
// Recorded operations on a counter, and their check.
#pragma once

#include <cstdint>
#include <span>

#include <verify/history/counter_monitor.hpp>
#include <verify/history/recorder.hpp>

#include "stress/check.hpp"
#include "stress/team.hpp"
#include "stress/workload.hpp"

namespace stress {

using counter_recorder = history::recorder<history::counter_operation>;
using counter_log = counter_recorder::log;
using history::counter_action;

template <class Counter>
void add(member& who, Counter& counter, std::int64_t n, counter_log& log) {
  who.does("add", [&] {
    const history::moment began = log.now();
    counter.add(n);
    log.add(began, {.what = counter_action::added, .value = n});
  });
}

template <class Counter>
void load(member& who, const Counter& counter, counter_log& log) {
  who.does("load", [&] {
    const history::moment began = log.now();
    const std::int64_t result = counter.load();
    log.add(began, {.what = counter_action::read, .result = result});
  });
}

template <class Counter>
void exchange(member& who, Counter& counter, std::int64_t value, counter_log& log) {
  who.does("exchange", [&] {
    const history::moment began = log.now();
    const std::int64_t result = counter.exchange(value);
    log.add(began, {.what = counter_action::exchanged, .value = value, .result = result});
  });
}

// Throws failure, or returns how much was checked.
inline tally check_counter(const counter_recorder& told) {
  return check(told.collect(),
               [](std::span<const history::counter_call> calls) { return history::find_counter_fault(calls); });
}

}  // namespace stress
