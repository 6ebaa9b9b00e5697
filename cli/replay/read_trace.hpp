// SPDX-License-Identifier: MIT
// A trace by its name on the command line.
#pragma once

#include <optional>
#include <string>

#include "replay/byte_reader.hpp"
#include "replay/formats.hpp"
#include "replay/trace.hpp"

namespace plait::cli {

// A file, standard input or a generator. Without a format, it is found out. Throws input_error for what cannot
// be read to its end or has no requests, and interrupted.
trace read_trace(const std::string& name, std::optional<trace_format> format);

// The same, of bytes that are not compressed.
trace read_trace(byte_reader& from, std::optional<trace_format> format);

}  // namespace plait::cli
