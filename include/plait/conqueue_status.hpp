// SPDX-License-Identifier: MIT
// conqueue_status: the result of a queue operation that may not succeed; the vocabulary of P0260, shared by
// every queue. None of the values is an error. to_string(), operator<< and, where the standard library has
// it, std::format write the name of a value.
#pragma once

#include <iosfwd>
#include <string_view>
#include <version>

#if defined(__cpp_lib_format)
#include <format>
#endif

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE {

enum class conqueue_status {
  success,      // done
  empty,        // nothing to pop
  full,         // no room to push
  closed,       // closed; for a pop: closed and nothing left
  busy,         // another thread's unfinished operation must finish first: try again
  stopped,      // a stop request has ended the wait
  interrupted,  // a signal has ended a wait until_signal
};

// The name of the value: "success", "empty" and so on.
constexpr std::string_view to_string(conqueue_status status) noexcept {
  switch (status) {
    case conqueue_status::success:
      return "success";
    case conqueue_status::empty:
      return "empty";
    case conqueue_status::full:
      return "full";
    case conqueue_status::closed:
      return "closed";
    case conqueue_status::busy:
      return "busy";
    case conqueue_status::stopped:
      return "stopped";
    case conqueue_status::interrupted:
      return "interrupted";
  }
  return "unknown";
}

// Writes the name of the value.
template <class Traits>
std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out, conqueue_status status) {
  return out << to_string(status);
}

}  // namespace PLAIT_NAMESPACE

#if defined(__cpp_lib_format)
// Formats the name as a string: width, fill and the other options of strings apply.
template <>
struct std::formatter<plait::conqueue_status> : std::formatter<std::string_view> {
  auto format(plait::conqueue_status status, auto& context) const {
    return std::formatter<std::string_view>::format(to_string(status), context);
  }
};
#endif
