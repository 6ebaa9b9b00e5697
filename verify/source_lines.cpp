// SPDX-License-Identifier: MIT
#include "source_lines.hpp"

#include <charconv>
#include <cstddef>
#include <cstdio>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include <dlfcn.h>
#include <link.h>

namespace verify::detail {
namespace {

// Quoted for the shell.
std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char each : word) text += each == '\'' ? std::string("'\\''") : std::string(1, each);
  return text + '\'';
}

struct module_calls {
  std::string addresses;  // for a command line: offsets within the file
  std::vector<std::size_t> numbers;
};

// "/usr/src/queue.hpp:12 (discriminator 3)"
source_place parse(const std::string& text) {
  source_place place;
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || text.starts_with("??")) return place;
  std::from_chars(text.data() + colon + 1, text.data() + text.size(), place.line);
  if (place.line != 0) place.file = text.substr(0, colon);
  return place;
}

// What no user has written: std::unique_ptr, say, or the operators that are inlined.
bool is_of_a_library(const source_place& place) {
  const std::string& file = place.file;
  return file.find("/include/c++/") != std::string::npos || file.ends_with("/verify/atomic.hpp") ||
         file.ends_with("/verify/plain.hpp") || file.ends_with("/verify/thread.hpp");
}

}  // namespace

std::vector<source_place> places_of_calls(std::span<const void* const> return_addresses) {
  std::vector<source_place> places(return_addresses.size());
  std::map<std::string, module_calls> modules;
  for (std::size_t i = 0; i != return_addresses.size(); ++i) {
    Dl_info found;
    if (return_addresses[i] == nullptr || ::dladdr(return_addresses[i], &found) == 0) continue;
    // The call is right before the address to which it returns. A file that cannot be relocated has the
    // addresses that it is loaded at.
    const bool relocated = static_cast<const ElfW(Ehdr)*>(found.dli_fbase)->e_type != ET_EXEC;
    const auto address = reinterpret_cast<std::uintptr_t>(return_addresses[i]) - 1;
    char offset[20];
    std::snprintf(offset, sizeof offset, " %zx",
                  address - (relocated ? reinterpret_cast<std::uintptr_t>(found.dli_fbase) : 0));
    module_calls& calls = modules[found.dli_fname];
    calls.addresses += offset;
    calls.numbers.push_back(i);
  }
  for (const auto& [file, calls] : modules) {
    // For each address a line with the address, and then one for each function that is inlined there,
    // innermost first.
    const std::string command = "addr2line -a -i -e " + quoted(file) + calls.addresses + " 2>/dev/null";
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> answers(::popen(command.c_str(), "re"), &::pclose);
    if (answers == nullptr) continue;
    char line[4096];
    for (std::size_t next = 0; std::fgets(line, sizeof line, answers.get()) != nullptr;) {
      if (std::string_view(line).starts_with("0x")) {
        ++next;
      } else if (next != 0 && next <= calls.numbers.size()) {
        source_place& known = places[calls.numbers[next - 1]];
        if (source_place frame = parse(line); frame.line != 0 && (known.line == 0 || is_of_a_library(known)))
          known = std::move(frame);
      }
    }
  }
  return places;
}

}  // namespace verify::detail
