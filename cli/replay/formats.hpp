// SPDX-License-Identifier: MIT
// The formats of traces: what each looks like, and how it is read.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "replay/byte_reader.hpp"
#include "replay/trace.hpp"

namespace plait::cli {

enum class trace_format {
  integers,        // text: a key a line; lines with * are none
  arc,             // text: start count x seq, which asks for start, start + 1, ... start + count - 1
  sized,           // text: time key bytes
  int32,           // big-endian
  int64,           // big-endian
  oracle_general,  // libCacheSim's: little-endian, 32-bit time, 64-bit key, 32-bit size, 64-bit next request
};

const std::vector<std::pair<std::string, trace_format>>& trace_formats();
std::string_view name_of(trace_format format);

// What a file that begins like this is; none if it is none of these, or may be several. `beginning` is the
// whole file if it is shorter than `detection_size`.
std::optional<trace_format> detect_format(std::string_view beginning);
inline constexpr std::size_t detection_size = std::size_t{64} * 1024;

// Throws input_error, with the offset in the uncompressed bytes, for what is not of that format, or ends too
// soon.
void read_requests(byte_reader& from, trace_format format, trace_builder& to);

}  // namespace plait::cli
