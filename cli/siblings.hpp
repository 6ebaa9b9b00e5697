// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace plait::cli {

// Runs the program `name`, which is built in `folder` and installed beside this one, to its end. Returns its
// exit code; that of an error, after a message, if it could not be run.
int run_sibling(const std::string& folder, const std::string& name, const std::vector<std::string>& arguments);

}  // namespace plait::cli
