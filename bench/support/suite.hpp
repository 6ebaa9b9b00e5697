// SPDX-License-Identifier: MIT
// The list of all benchmarks. Each file of the suite adds its own before main() begins, so a rival that was not
// found is left out by not compiling its file.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "measure.hpp"

namespace bench {

// What a workload is judged by, in the table.
enum class headline { items_per_second, time_per_item, cpu_seconds, p99 };

struct benchmark {
  std::string structure, workload, shape, implementation;
  int threads = 1;
  std::function<measurement(std::chrono::nanoseconds time)> run;
  headline judged_by = headline::items_per_second;
  // Of a rival that is a program of its own: empty if it can run, and otherwise its name and what it lacks.
  // Called before anything is measured.
  std::function<std::string()> why_missing = nullptr;

  bool is_other_program() const { return why_missing != nullptr; }
  std::string group() const { return structure + '/' + workload + '/' + shape; }
  std::string name() const { return group() + '/' + implementation; }
};

inline std::vector<benchmark>& suite() {
  static std::vector<benchmark> all;
  return all;
}

// A workload in which all threads do the same, with 1, 2 and 4 threads.
inline void add_for_threads(const std::string& structure, const std::string& workload,
                            const std::string& implementation,
                            const std::function<measurement(std::size_t, std::chrono::nanoseconds)>& run,
                            headline judged_by = headline::items_per_second,
                            const std::function<std::string()>& why_missing = nullptr) {
  for (const int threads : {1, 2, 4})
    suite().push_back({structure, workload, std::to_string(threads) + 'T', implementation, threads,
                       [=](auto time) { return run(static_cast<std::size_t>(threads), time); }, judged_by,
                       why_missing});
}

// const bench::registration mine([] { bench::suite().push_back(...); });
struct registration {
  explicit registration(void (*add)()) { add(); }
};

// Thrown by a run whose result is wrong, so that its time means nothing.
class wrong_result : public std::exception {
 public:
  explicit wrong_result(std::string what) : what_(std::move(what)) {}
  const char* what() const noexcept override { return what_.c_str(); }

 private:
  std::string what_;
};

}  // namespace bench
