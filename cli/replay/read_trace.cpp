// SPDX-License-Identifier: MIT
#include "replay/read_trace.hpp"

#include <span>
#include <utility>

#include "count/input.hpp"
#include "count/paths.hpp"
#include "replay/decompressed_file.hpp"
#include "replay/generators.hpp"

namespace plait::cli {

trace read_trace(byte_reader& from, std::optional<trace_format> format) {
  if (!format) format = detect_format(from.peek(detection_size));
  if (!format) {
    throw input_error(from.peek(1).empty()
                          ? "it is empty"
                          : "offset 0: no trace of a format that is known, or several would do; "
                            "if it is one, name its format with --format");
  }
  trace_builder requests;
  read_requests(from, *format, requests);
  if (requests.requests() == 0) throw input_error("it has no requests");
  trace read = requests.finish();
  read.format = name_of(*format);
  return read;
}

trace read_trace(const std::string& name, std::optional<trace_format> format) {
  if (auto made = generate_trace(name)) return std::move(*made);
  input_file file = name == "-" ? input_file::standard_input() : input_file(name);
  if (name != "-") file.open_any();
  decompressed_file bytes(std::move(file));
  byte_reader reader([&bytes](std::span<char> to) { return bytes.read(to); });
  trace read = read_trace(reader, format);
  read.name = name;
  return read;
}

}  // namespace plait::cli
