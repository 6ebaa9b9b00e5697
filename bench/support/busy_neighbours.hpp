// SPDX-License-Identifier: MIT
// Other programs that want the processors too.
#pragma once

#include <vector>

#include <sys/types.h>

namespace bench {

// While one of these exists, a process on each processor that this thread may use does nothing but compute.
// They end with it, with this process however that ends, and after a minute in any case.
class busy_neighbours {
 public:
  busy_neighbours();  // throws std::system_error
  ~busy_neighbours();
  busy_neighbours(const busy_neighbours&) = delete;
  busy_neighbours& operator=(const busy_neighbours&) = delete;

  const std::vector<pid_t>& processes() const { return processes_; }

 private:
  void end_all();

  std::vector<pid_t> processes_;
};

}  // namespace bench
