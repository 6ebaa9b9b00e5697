// SPDX-License-Identifier: MIT
// Texts that the build puts into the program, each from the file that its comment names.
#pragma once

#include <string_view>

namespace bench::embedded {

extern const std::string_view names;        // names.txt
extern const std::string_view workloads;    // workloads.md
extern const std::string_view page_frame;   // page/page.html
extern const std::string_view page_style;   // page/page.css
extern const std::string_view page_script;  // page/page.js
extern const std::string_view charts;       // Chart.js, or empty if it was not found

}  // namespace bench::embedded
