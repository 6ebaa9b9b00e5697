// SPDX-License-Identifier: MIT
#include "stress/team.hpp"

#include <barrier>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <mutex>
#include <thread>
#include <vector>

#include <fmt/format.h>

namespace stress {
namespace {

std::mutex running_lock;
const std::deque<member>* running = nullptr;  // guarded by running_lock

void set_running(const std::deque<member>* members) {
  const std::lock_guard guard(running_lock);
  running = members;
}

}  // namespace

member::member(std::string role, work to_do, const std::mt19937_64& own)
    : random(own), role_(std::move(role)), work_(std::move(to_do)) {
  // Half of all threads are slow now and then, each at its own rate.
  if (random() % 2 == 0) hesitates_once_in_ = std::uint64_t{4} << random() % 8;
}

void member::hesitate() {
  switch (random() % 4) {
    case 0:
      return std::this_thread::sleep_for(std::chrono::microseconds(random() % 50));
    case 1:
      for (auto turns = random() % 2000; turns != 0; --turns)
        std::atomic_signal_fence(std::memory_order_seq_cst);  // so that the loop stays
      return;
    default:
      return std::this_thread::yield();
  }
}

// relaxed: only shown to people; anything stronger would order the operations under test
void member::begins(const char* what) noexcept {
  doing_.store(what, std::memory_order_relaxed);
  begun_.store(begun_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

std::string member::described() const {
  // relaxed: as above
  return fmt::format("  {}: {} (operation {})\n", role_, doing_.load(std::memory_order_relaxed),
                     begun_.load(std::memory_order_relaxed));
}

void team::add(std::string role, member::work work) {
  const std::uint64_t use = 1 + members_.size();  // 0 is the round's own
  members_.emplace_back(std::move(role), std::move(work), round_.random(use));
}

void team::run() {
  std::barrier start(std::ssize(members_));
  set_running(&members_);
  {
    std::vector<std::jthread> threads;
    for (member& each : members_)
      threads.emplace_back([&start, &each] {
        start.arrive_and_wait();
        try {
          each.work_(each);
          each.begins("has ended");
        } catch (...) {
          each.thrown_ = std::current_exception();
          each.begins("has found something wrong, and ended");
        }
      });
  }
  set_running(nullptr);
  for (const member& each : members_)
    if (each.thrown_) std::rethrow_exception(each.thrown_);
}

std::string team::described() {
  const std::lock_guard guard(running_lock);
  if (running == nullptr) return "  the threads have ended; what they did is being checked\n";
  std::string all;
  for (const member& each : *running) all += each.described();
  return all;
}

std::uint64_t team::operations_begun() {
  const std::lock_guard guard(running_lock);
  std::uint64_t all = 0;
  // relaxed: as above
  if (running != nullptr)
    for (const member& each : *running) all += each.begun_.load(std::memory_order_relaxed);
  return all;
}

}  // namespace stress
