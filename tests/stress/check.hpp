// SPDX-License-Identifier: MIT
// The end of a round: a monitor judges the recorded history.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <verify/history/call.hpp>
#include <verify/history/container_history.hpp>
#include <verify/history/counter_monitor.hpp>
#include <verify/history/map_monitor.hpp>
#include <verify/history/shrink.hpp>
#include <verify/history/timeline.hpp>

#include "stress/history_file.hpp"
#include "stress/workload.hpp"

namespace stress {

inline call_in_words in_words(const history::container_operation& made) {
  using enum history::container_action;
  const auto push = [](const std::string& arguments, const char* answer) {
    return call_in_words{"push", arguments, fmt::format("\"{}\"", answer)};
  };
  switch (made.what) {
    case pushed:
      return push(fmt::format("[{}]", made.value), "success");
    case found_full:
      return push("[]", "full");
    case push_closed:
      return push("[]", "closed");
    case popped:
      return {"pop", "[]", std::to_string(made.value)};
    case found_empty:
      return {"pop", "[]", R"("empty")"};
    case pop_closed:
      return {"pop", "[]", R"("closed")"};
    case closed:
      break;
  }
  return {"close", "[]", "null"};
}

inline call_in_words in_words(const history::counter_operation& made) {
  const std::string value = fmt::format("[{}]", made.value);
  switch (made.what) {
    case history::counter_action::added:
      return {"add", value, "null"};
    case history::counter_action::read:
      return {"load", "[]", std::to_string(made.result)};
    case history::counter_action::exchanged:
      break;
  }
  return {"exchange", value, std::to_string(made.result)};
}

inline call_in_words in_words(const history::map_operation& made) {
  using enum history::map_action;
  const std::string key = fmt::format("[{}]", made.key);
  const std::string both = fmt::format("[{},{}]", made.key, made.value);
  switch (made.what) {
    case inserted:
      return {"insert", both, "true"};
    case not_inserted:
      return {"insert", key, "false"};
    case put:
      return {"put", both, "null"};
    case assigned:
      return {"assign", both, "true"};
    case erased:
      return {"erase", key, "true"};
    case not_erased:
      return {"erase", key, "false"};
    case found:
      return {"find", key, std::to_string(made.value)};
    case not_found:
      break;
  }
  return {"find", key, "null"};
}

// find_fault(calls) describes a fault, or returns nothing. Throws a failure with a shrunk history that shows
// the fault, or returns how much was checked.
template <class Operation, class FindFault>
tally check(const std::vector<history::call<Operation>>& calls, FindFault find_fault,
            const history_kind& kind = {}) {
  export_history(kind, std::span<const history::call<Operation>>(calls),
                 [](const Operation& made) { return in_words(made); });
  if (find_fault(calls)) {
    const auto smallest =
        history::shrink(calls, [&](const auto& fewer) { return find_fault(fewer).has_value(); });
    throw failure(fmt::format("{}\n\n{}", *find_fault(smallest), history::timeline(smallest)));
  }
  return {.operations = calls.size(), .histories = 1};
}

}  // namespace stress
