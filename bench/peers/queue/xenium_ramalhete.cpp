// SPDX-License-Identifier: MIT
// xenium_ramalhete: xenium's ramalhete_queue, the fastest unbounded rival that keeps the order. It never waits,
// so the adapter yields. Its items are pointers; a number is passed as one. Memory is reclaimed by epochs.
#include <thread>

#include <xenium/ramalhete_queue.hpp>
#include <xenium/reclamation/generic_epoch_based.hpp>

#include "queue/unbounded_queue.bench.hpp"

namespace {

class xenium_ramalhete {
 public:
  using value_type = std::uint64_t;
  explicit xenium_ramalhete(std::size_t /*capacity*/) {}

  [[gnu::always_inline]] void push(std::uint64_t item) { queue_.push(to_pointer(item)); }
  [[gnu::always_inline]] std::uint64_t pop() {
    char* item = nullptr;
    while (!queue_.try_pop(item)) std::this_thread::yield();
    return to_number(item);
  }

 private:
  // Null is not an item, and the queue uses the lowest and the highest bits of a pointer. So the producer's
  // number, in the highest bits of an item, is moved down.
  static char* to_pointer(std::uint64_t item) {
    return reinterpret_cast<char*>((((item << 16 >> 16) << 4 | item >> 48) + 1) << 3);
  }
  static std::uint64_t to_number(const char* pointer) {
    const std::uint64_t item = (reinterpret_cast<std::uint64_t>(pointer) >> 3) - 1;
    return item >> 4 | (item & 15) << 48;
  }

  xenium::ramalhete_queue<char*, xenium::policy::reclaimer<xenium::reclamation::epoch_based<>>> queue_;
};

const bench::registration queues([] { bench::add_unbounded_queue<xenium_ramalhete>("xenium_ramalhete"); });

}  // namespace
