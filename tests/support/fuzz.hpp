// SPDX-License-Identifier: MIT
// For every *.fuzz.cpp: the fuzzer's bytes as input, and checks that must hold for every input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <source_location>
#include <string_view>

namespace fuzz {

class input {
 public:
  input(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  bool empty() const { return rest_.empty(); }

  // The next byte; 0 if there is none.
  unsigned byte() {
    if (rest_.empty()) return 0;
    const auto first = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return first;
  }
  // 0 .. limit - 1
  unsigned below(unsigned limit) { return byte() % limit; }
  bool flag() { return below(2) == 1; }

  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

// Aborts if `holds` is false, and the fuzzer keeps the input.
inline void require(bool holds, const char* promise,
                    std::source_location where = std::source_location::current()) {
  if (holds) return;
  std::fprintf(stderr, "%s:%u: broken: %s\n", where.file_name(), static_cast<unsigned>(where.line()), promise);
  std::abort();
}

}  // namespace fuzz
