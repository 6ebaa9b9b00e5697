// SPDX-License-Identifier: MIT
// The caches of all cores and the directory that knows which core has which line: when an access is done that
// begins at a given time, and what it moves.
//
// A line is with one owner, who may write it; or with readers; or with nobody. It comes to one owner after the
// other, and stays with each for a while: that is how contention costs time. Several cores that read a line
// which nobody owns do not wait for each other. No line leaves a cache because another one needs its place.
#pragma once

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include <simulate/costs.hpp>

namespace simulate {

inline constexpr std::uintptr_t line_bytes = 64;

// What a core has done.
struct traffic {
  std::uint64_t modifications = 0;  // read-modify-writes, those that fail and seq_cst stores included
  std::uint64_t transfers = 0;      // lines, or the right to write them, that came from another cache
  std::uint64_t fetches = 0;        // lines that came from memory
  std::uint64_t system_calls = 0;

  friend traffic operator-(const traffic& a, const traffic& b) noexcept {
    return {a.modifications - b.modifications, a.transfers - b.transfers, a.fetches - b.fetches,
            a.system_calls - b.system_calls};
  }
  traffic& operator+=(const traffic& other) noexcept {
    modifications += other.modifications;
    transfers += other.transfers;
    fetches += other.fetches;
    system_calls += other.system_calls;
    return *this;
  }
};

class caches {
 public:
  explicit caches(const costs& prices) : prices_(prices), of_(most_cores) {}

  // When the core can ask for the line: before, it is another owner's, or on its way to one.
  duration not_before(unsigned core, std::uintptr_t address) const;

  // When the core can use the line, to read it or to write it, if it asks at `now`, which is not before that.
  // What it then does with it takes time of its own.
  duration read(unsigned core, std::uintptr_t address, duration now);
  duration write(unsigned core, std::uintptr_t address, duration now);

  // A read-modify-write keeps its line until it is done.
  void keep(std::uintptr_t address, duration until) {
    line& kept = lines_[address / line_bytes];
    kept.owned_until = std::max(kept.owned_until, until);
  }

  traffic& of(unsigned core) noexcept { return of_[core]; }

 private:
  static constexpr unsigned nobody = most_cores;

  struct line {
    unsigned owner = nobody;
    std::uint64_t readers = 0;  // a bit for each core; none while there is an owner
    duration arrives{};         // the end of the last transfer
    duration owned_until{};
  };

  void give(line& given, unsigned core, duration arrives) const noexcept;
  std::uint64_t socket_of(unsigned core) const noexcept;  // a bit for each core
  duration from(std::uint64_t cores, unsigned core) const noexcept;
  void count(unsigned core, bool from_memory) noexcept;

  const costs prices_;
  std::unordered_map<std::uintptr_t, line> lines_;
  std::vector<traffic> of_;
};

}  // namespace simulate
