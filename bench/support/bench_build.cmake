# SPDX-License-Identifier: MIT
# Writes bench_build.hpp, if it would change.
execute_process(COMMAND git describe --always --dirty --abbrev=12 WORKING_DIRECTORY ${SOURCE}
                OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(commit unknown)
endif()
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT [[
// Written by bench_build.cmake.
#pragma once
#include <string>
#include <vector>

namespace bench {
inline constexpr const char* build_compiler = "@COMPILER@";
inline constexpr const char* build_type = "@BUILD_TYPE@";
inline constexpr const char* build_commit = "@commit@";
inline constexpr const char* source_folder = "@SOURCE@";
inline const std::vector<std::string> missing_rivals = {@MISSING@};
}  // namespace bench
]])
