// SPDX-License-Identifier: MIT
// Finds the files in folders named on the command line.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace plait::cli {

struct found_file {
  std::string path;
  bool regular;        // otherwise a pipe, a device, ...
  std::uint64_t size;  // of a regular file, when it was looked at
};

using file_sink = std::function<void(found_file)>;
using error_sink = std::function<void(const std::string& message)>;

// Calls `take` for the file, or for every regular file in the folder and the folders in it. Symbolic
// links are followed only if they are `path` itself; a folder that is found twice is entered once.
void find_files(const std::string& path, const file_sink& take, const error_sink& complain);

}  // namespace plait::cli
