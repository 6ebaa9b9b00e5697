// SPDX-License-Identifier: MIT
#include "processors.hpp"

#include <algorithm>
#include <thread>

#include <sched.h>

namespace plait::cli {

unsigned processors() {
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) == 0) return static_cast<unsigned>(CPU_COUNT(&allowed));
  return std::max(1u, std::thread::hardware_concurrency());  // there are more than the set can hold
}

}  // namespace plait::cli
