// SPDX-License-Identifier: MIT
// How much a test does: PLAIT_REMOTE_CUTS=10000, for example, in place of a few.
#pragma once

#include <cstdlib>
#include <string>

namespace support {

inline unsigned effort(const std::string& of_what, unsigned usual) {
  const char* asked = std::getenv(("PLAIT_REMOTE_" + of_what).c_str());
  return asked == nullptr ? usual : static_cast<unsigned>(std::stoul(asked));
}

}  // namespace support
