// SPDX-License-Identifier: MIT
// What `plait stress` runs. A workload is a function that plays one round: threads use a structure in ways
// that follow from a seed, and the results are checked. The runner plays rounds, each with the next seed,
// until the time is over.
//
//   stress::tally pushes_and_pops(const stress::round& round) { ... }
//   const stress::workload all[] = {{"bounded_queue/pushes_and_pops", pushes_and_pops}};
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace stress {

struct round {
  std::uint64_t seed;
  std::size_t threads;  // how many are to work at once; at least 2

  // A random sequence of its own for each `use` in this round.
  std::mt19937_64 random(std::uint64_t use = 0) const {
    std::seed_seq sequence{seed, seed >> 32, use};
    return std::mt19937_64(sequence);
  }
};

// What has been done and checked.
struct tally {
  std::uint64_t operations = 0;
  std::uint64_t histories = 0;  // of operations and their times, each judged as a whole

  tally& operator+=(const tally& other) {
    operations += other.operations;
    histories += other.histories;
    return *this;
  }
};

// Thrown by a round that found a fault. The text describes it, with the history that shows it.
struct failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline void require(bool holds, const std::string& otherwise) {
  if (!holds) throw failure(otherwise);
}

class workload {
 public:
  using body = tally (*)(const round&);

  // Registers it. `name` is structure/what_is_done.
  workload(std::string name, body play);

  std::string name;
  body play;
};

// All that are linked into the program, by name.
std::vector<workload> all_workloads();

}  // namespace stress
