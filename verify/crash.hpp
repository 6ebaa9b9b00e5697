// SPDX-License-Identifier: MIT
// Crashes inside of a scenario: SIGSEGV, SIGBUS, SIGFPE, SIGILL, and SIGABRT, which is how abort() and a
// failed assert() end. Each ends the execution as any other failure does, so that it can be run again for a
// trace and a token.
#pragma once

#include <string>

namespace verify::detail {

class scheduler;

// During its lifetime, a crash inside of an execution is that execution's failure; any other one ends the
// process as usual.
class crash_catcher {
 public:
  crash_catcher();
  ~crash_catcher();
  crash_catcher(const crash_catcher&) = delete;
  crash_catcher& operator=(const crash_catcher&) = delete;
};

// During its lifetime, nothing is written to standard error: what a scenario prints when it crashes, it prints
// again whenever it is run again.
class quiet_errors {
 public:
  quiet_errors();
  ~quiet_errors();
  quiet_errors(const quiet_errors&) = delete;
  quiet_errors& operator=(const quiet_errors&) = delete;

 private:
  int kept_;
};

// "segmentation fault (SIGSEGV)"
std::string name_of_crash(int signal);

// Ends the process as if nobody had caught the signal.
[[noreturn]] void die_of(int signal);

}  // namespace verify::detail
