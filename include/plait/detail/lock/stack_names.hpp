// SPDX-License-Identifier: MIT
// The functions of a call stack by their names: those that the loader knows, and those in the linker's table.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <plait/detail/lock/symbol_table.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// A stack that has no names yet.
struct call_places {
  std::vector<void*> places = {};              // the innermost first
  std::string (*line)(void* place) = nullptr;  // null: they are addresses of machine code
};

// Reads each file once.
class stack_names {
 public:
  // From the function that took the lock on outward, as far as functions have names.
  std::vector<std::string> lines(const call_places& stack) {
    std::vector<std::string> all;
    if (stack.line != nullptr) {
      for (void* const each : stack.places) all.push_back(stack.line(each));
      return all;
    }
    for (void* const each : stack.places) {
      const sync::code_place place = known(sync::place_of(each));
      if (all.empty() && is_our_own(place.function)) continue;
      std::string line("#");
      line.append(std::to_string(all.size())).append(" ");
      if (!place.function.empty()) {
        line.append(place.function).append(hexadecimal("+0x%zx (", place.in_function));
      }
      if (place.file.empty()) {
        line.append(hexadecimal("0x%zx", place.address));
      } else {
        line.append(place.file, place.file.rfind('/') + 1).append(hexadecimal("+0x%zx", place.in_file));
      }
      if (!place.function.empty()) line.append(")");
      all.push_back(std::move(line));
    }
    return all;
  }

 private:
  static bool is_our_own(const std::string& function) {
    return function.find("plait::detail::order_checker::") != std::string::npos ||
           function.find("plait::detail::sync::rarely<") != std::string::npos ||
           function.starts_with("plait::checked<");
  }

  static std::string hexadecimal(const char* format, std::uintptr_t number) {
    std::array<char, 40> text;
    std::snprintf(text.data(), text.size(), format, static_cast<std::size_t>(number));
    return text.data();
  }

  // With the function's name, if its file has it and the loader did not say.
  sync::code_place known(sync::code_place place) {
    if (!place.function.empty() || place.file.empty()) return place;
    // The loader knows the program by the name that it was called by.
    const std::string path = place.file.starts_with('/') ? place.file : "/proc/self/exe";
    const symbol_table& table = tables_.try_emplace(path, path).first->second;
    const std::uint64_t address = table.is_fixed() ? place.address : place.in_file;
    if (const symbol_table::function* const found = table.find(address)) {
      place.function = sync::demangled(table.name(*found));
      place.in_function = address - found->begin;
    }
    return place;
  }

  std::map<std::string, symbol_table> tables_;  // by path
};

}  // namespace PLAIT_NAMESPACE::detail
