// SPDX-License-Identifier: MIT
// Any bytes, read in steps of any size and as any format, are a trace whose parts fit together, or refused by
// an input_error that says where; and the steps make no difference.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "count/paths.hpp"
#include "replay/byte_reader.hpp"
#include "replay/formats.hpp"
#include "replay/read_trace.hpp"
#include "support/fuzz.hpp"

namespace {

using namespace plait::cli;

struct outcome {
  trace read;
  std::string error;
};

outcome read_in_steps(std::string_view bytes, std::optional<trace_format> format, std::size_t step) {
  byte_reader reader([&](std::span<char> to) {
    const std::size_t count = bytes.copy(to.data(), std::min(to.size(), step));
    bytes.remove_prefix(count);
    return count;
  });
  try {
    return {read_trace(reader, format), ""};
  } catch (const input_error& error) {
    return {{}, error.what()};
  }
}

// A run of millions of blocks is right, but takes the fuzzer's time and memory.
bool asks_for_too_much(std::string_view bytes) {
  std::size_t digits = 0;
  for (const char byte : bytes) {
    digits = byte >= '0' && byte <= '9' ? digits + 1 : 0;
    if (digits > 4) return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  const unsigned which = in.below(static_cast<unsigned>(trace_formats().size()) + 1);
  const std::size_t step = 1 + in.byte();
  const std::optional<trace_format> format =
      which == trace_formats().size() ? std::nullopt : std::optional(trace_formats()[which].second);
  if (asks_for_too_much(in.rest())) return 0;
  const outcome one = read_in_steps(in.rest(), format, step);
  const outcome other = read_in_steps(in.rest(), format, 1 << 20);
  fuzz::require(
      one.error == other.error && one.read.keys == other.read.keys && one.read.sizes == other.read.sizes,
      "the steps make no difference");
  if (!one.error.empty()) return 0;
  fuzz::require(!one.read.keys.empty(), "a trace has requests");
  fuzz::require(one.read.distinct == 1 + *std::ranges::max_element(one.read.keys), "keys are numbered densely");
  fuzz::require(one.read.sizes.empty() || one.read.sizes.size() == one.read.distinct,
                "each key has a size, or none");
  fuzz::require(std::ranges::count(one.read.sizes, 0u) == 0, "no size is 0");
  return 0;
}
