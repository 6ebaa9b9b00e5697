// SPDX-License-Identifier: MIT
// What each structure costs in bytes: the object itself, and what it has allocated when it is made, with one
// item or key of 8 bytes, and with 1000.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>

#include <plait/plait.hpp>

namespace {

// Of all that is allocated and not freed; a word in front of each piece says how many bytes it has.
std::size_t allocated = 0;
constexpr std::size_t word = alignof(std::max_align_t);

void* allocate(std::size_t bytes, std::size_t alignment) {
  const std::size_t front = alignment > word ? alignment : word;
  auto* const piece =
      static_cast<std::byte*>(std::aligned_alloc(front, (front + bytes + front - 1) / front * front));
  if (piece == nullptr) throw std::bad_alloc();
  std::construct_at(reinterpret_cast<std::size_t*>(piece + front - word), bytes);
  allocated += bytes;
  return piece + front;
}

void release(void* pointer, std::size_t alignment) noexcept {
  if (pointer == nullptr) return;
  auto* const bytes = static_cast<std::byte*>(pointer);
  allocated -= *reinterpret_cast<std::size_t*>(bytes - word);
  std::free(bytes - (alignment > word ? alignment : word));
}

// Each structure twice: what the first of a thread allocates for all later ones is not counted.
template <class Make, class Use>
void show(const char* name, Make make, Use use) {
  {
    const auto first = make();
    use(*first, 0, 1);
  }
  const std::size_t before = allocated;
  const auto made = make();
  const std::size_t object = sizeof *made;
  const auto owned = [&] { return allocated - before - object; };
  const std::size_t empty = owned();
  use(*made, 0, 1);
  const std::size_t with_one = owned();
  use(*made, 1, 1000);
  std::printf("%-30s %6zu %9zu %6zu %9zu\n", name, object, empty, with_one, owned());
}

template <class Queue, class... Capacity>
void show_queue(const char* name, Capacity... capacity) {
  show(
      name, [=] { return std::make_unique<Queue>(capacity...); },
      [](Queue& queue, long from, long to) {
        for (long i = from; i != to; ++i) queue.push(i);
      });
}

template <class Map>
void show_map(const char* name) {
  show(
      name, [] { return std::make_unique<Map>(); },
      [](Map& map, long from, long to) {
        for (long i = from; i != to; ++i) map.insert(i, i);
      });
}

}  // namespace

void* operator new(std::size_t bytes) {
  return allocate(bytes, word);
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return allocate(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* pointer) noexcept {
  release(pointer, word);
}
void operator delete(void* pointer, std::size_t) noexcept {
  release(pointer, word);
}
void operator delete(void* pointer, std::align_val_t alignment) noexcept {
  release(pointer, static_cast<std::size_t>(alignment));
}
void operator delete(void* pointer, std::size_t, std::align_val_t alignment) noexcept {
  release(pointer, static_cast<std::size_t>(alignment));
}

int main() {
  std::printf("%-30s %6s %9s %6s %9s\n", "bytes", "object", "when made", "with 1", "with 1000");
  show_queue<plait::bounded_queue<long>>("bounded_queue<long>(1000)", 1000u);
  show_queue<plait::unbounded_queue<long>>("unbounded_queue<long>");
  show_queue<plait::spsc_queue<long>>("spsc_queue<long>(1000)", 1000u);
  show_queue<plait::lifo_queue<long>>("lifo_queue<long>");
  show_queue<plait::priority_queue<long>>("priority_queue<long>");
  show_queue<plait::relaxed_priority_queue<long>>("relaxed_priority_queue<long>");
  show(
      "counter", [] { return std::make_unique<plait::counter>(); },
      [](plait::counter& counter, long from, long to) { counter.add(to - from); });
  show(
      "keyed_counter<long>", [] { return std::make_unique<plait::keyed_counter<long>>(); },
      [](plait::keyed_counter<long>& counter, long from, long to) {
        for (long i = from; i != to; ++i) counter.add(i);
      });
  show_map<plait::hash_map<long, long>>("hash_map<long, long>");
  show(
      "hash_set<long>", [] { return std::make_unique<plait::hash_set<long>>(); },
      [](plait::hash_set<long>& set, long from, long to) {
        for (long i = from; i != to; ++i) set.insert(i);
      });
  show_map<plait::stats_map<long, long>>("stats_map<long, long>");
  show(
      "expiring_cache<long, long>",
      [] {
        return std::make_unique<plait::expiring_cache<long, long>>(
            plait::cache_options{.capacity = 1000, .time_to_live = std::chrono::hours(1)});
      },
      [](plait::expiring_cache<long, long>& cache, long from, long to) {
        for (long i = from; i != to; ++i) cache.put(i, i);
      });
  std::printf("%-30s %6zu\n", "hazard_pointer", sizeof(plait::hazard_pointer));
  return 0;
}
