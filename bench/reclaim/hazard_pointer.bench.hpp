// SPDX-License-Identifier: MIT
// The workload of hazard_pointer, for plait and every rival alike. workloads.md says what it is.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/suite.hpp"

namespace bench {

// The pointer that all threads follow, to an object whose value is 1.
template <class Object, class Pointer = std::atomic<Object*>>
struct source {
  source() { current.store(object.get()); }

  Pointer current;
  const std::unique_ptr<Object> object = std::make_unique<Object>();
};

// Reader: made once by each thread. read(source) protects the object that `source` points to, reads its value
// and resets the protection.
template <class Reader, class Source>
measurement protect(std::size_t threads, std::chrono::nanoseconds time) {
  Source from;
  stop_flag stop;
  std::atomic<std::uint64_t> sum = 0;
  std::atomic<std::uint64_t> reads = 0;
  const job read = [&] {
    constexpr int between_looks = 64;
    Reader reader;
    std::uint64_t mine = 0;
    std::uint64_t count = 0;
    for (; !stop(); count += between_looks)
      for (int i = 0; i != between_looks; ++i) mine += reader.read(from);
    sum += mine;
    reads += count;
  };
  measurement measured = run_together(std::vector(threads, read), time, stop);
  if (sum != reads)
    throw wrong_result("read " + std::to_string(reads) + " times 1, and got " + std::to_string(sum));
  measured.items = static_cast<double>(reads);
  return measured;
}

template <class Reader, class Source>
void add_hazard_pointer(const std::string& name) {
  add_for_threads("hazard_pointer", "protect", name, protect<Reader, Source>, headline::time_per_item);
}

}  // namespace bench
