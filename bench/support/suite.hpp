// SPDX-License-Identifier: MIT
// The list of all benchmarks. Each file of the suite adds its own before main() begins, so that a rival
// that was not found is simply not compiled.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "measure.hpp"

namespace bench {

// What a workload is judged by, in the table.
enum class headline { items_per_second, time_per_item, cpu_seconds };

struct benchmark {
  std::string structure, workload, shape, implementation;
  int threads = 1;
  std::function<measurement(std::chrono::nanoseconds time)> run;
  headline judged_by = headline::items_per_second;

  std::string group() const { return structure + '/' + workload + '/' + shape; }
  std::string name() const { return group() + '/' + implementation; }
};

inline std::vector<benchmark>& suite() {
  static std::vector<benchmark> all;
  return all;
}

// const bench::registration mine([] { bench::suite().push_back(...); });
struct registration {
  explicit registration(void (*add)()) { add(); }
};

// A run whose result is wrong: its time means nothing.
class wrong_result : public std::exception {
 public:
  explicit wrong_result(std::string what) : what_(std::move(what)) {}
  const char* what() const noexcept override { return what_.c_str(); }

 private:
  std::string what_;
};

}  // namespace bench
