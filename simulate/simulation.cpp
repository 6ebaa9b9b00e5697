// SPDX-License-Identifier: MIT
#include "simulation.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace simulate {
namespace {

std::uintptr_t number_of(const volatile void* address) noexcept {
  return reinterpret_cast<std::uintptr_t>(address);
}

}  // namespace

simulation::simulation(const costs& prices, unsigned cores, std::uint64_t seed)
    : prices_(prices), cores_(cores), caches_(prices), chance_(seed) {
  if (cores == 0 || cores > most_cores) throw std::invalid_argument("simulate: from 1 to 64 cores");
  if (current_ != nullptr) throw std::logic_error("simulate: there is a simulation already");
  current_ = this;
}

simulation::~simulation() {
  current_ = nullptr;
}

void simulation::add(std::function<void()> body) {
  if (threads_.size() == cores_) throw std::invalid_argument("simulate: more threads than cores");
  auto made = std::make_unique<thread>();
  made->core = static_cast<unsigned>(threads_.size());
  made->body = std::move(body);
  made->stores.resize(prices_.store_buffer);
  threads_.push_back(std::move(made));
}

void simulation::run() {
  alive_ = static_cast<unsigned>(threads_.size());
  for (const auto& each : threads_) {
    each->stack.start(&simulation::enter, each.get());
    queue_up(*each);
  }
  if (alive_ != 0) switch_from(host_);
  if (failure_ != nullptr) std::rethrow_exception(failure_);
  if (alive_ != 0)
    throw deadlock("simulate: " + std::to_string(alive_) + " threads sleep, and nobody will wake them");
}

void simulation::load(const volatile void* address) {
  await_line(number_of(address));
  running_->clock = caches_.read(running_->core, number_of(address), running_->clock) + prices_.load;
}

// The thread goes on at once. Its stores become visible in their order, each when its line has come.
void simulation::store(const volatile void* address) {
  await_line(number_of(address));
  stored_at(caches_.write(running_->core, number_of(address), running_->clock));
  running_->clock += prices_.store;
}

void simulation::modify(const volatile void* address) {
  drain_stores();
  await_line(number_of(address));
  thread& mine = *running_;
  mine.clock = caches_.write(mine.core, number_of(address), mine.clock) + prices_.modify;
  caches_.keep(number_of(address), mine.clock);
  ++caches_.of(mine.core).modifications;
}

void simulation::load_range(const void* first, std::size_t bytes) {
  const std::uintptr_t begin = number_of(first) / line_bytes * line_bytes;
  for (std::uintptr_t at = begin; at < number_of(first) + bytes; at += line_bytes)
    load(reinterpret_cast<const void*>(at));  // NOLINT(performance-no-int-to-ptr): a number again at once
}

void simulation::store_range(const void* first, std::size_t bytes) {
  const std::uintptr_t begin = number_of(first) / line_bytes * line_bytes;
  for (std::uintptr_t at = begin; at < number_of(first) + bytes; at += line_bytes)
    store(reinterpret_cast<const void*>(at));  // NOLINT(performance-no-int-to-ptr): as above
}

void simulation::fence() {
  await_turn();
  drain_stores();
  running_->clock += prices_.fence;
}

// Each other core that is awake is interrupted: it has a fence there, and loses time.
void simulation::process_wide_fence() {
  call_system();
  drain_stores();
  running_->clock += prices_.interrupt;
  for (const auto& each : threads_) {
    if (each.get() == running_ || each->has_ended || !each->sleeps_at.empty()) continue;
    each->clock = std::max(each->clock, each->last_store) + prices_.interrupt;
    queue_up(*each);
  }
}

// Without effect while another core has just got the line.
void simulation::prefetch(const void* address, bool to_write) {
  await_turn();
  if (caches_.not_before(running_->core, number_of(address)) > running_->clock) return;
  if (to_write) {
    caches_.write(running_->core, number_of(address), running_->clock);
  } else {
    caches_.read(running_->core, number_of(address), running_->clock);
  }
}

void simulation::call_system() {
  await_turn();
  ++caches_.of(running_->core).system_calls;
  running_->clock += prices_.system_call;
}

void simulation::pass(duration time) {
  await_turn();
  running_->clock += time;
}

bool simulation::sleep(std::span<const void* const> addresses, duration deadline) {
  thread& mine = *running_;
  mine.sleeps_at.assign(addresses.begin(), addresses.end());
  mine.was_woken = false;
  const duration asleep = mine.clock + prices_.fall_asleep;
  if (deadline == never) {
    mine.clock = asleep;
    mine.turn = 0;
  } else {
    mine.clock = std::max(asleep, deadline + prices_.wake_latency);
    queue_up(mine);
  }
  switch_from(mine.stack);
  mine.sleeps_at.clear();
  return mine.was_woken;
}

void simulation::wake(const void* address, int count) {
  call_system();
  for (const auto& each : threads_) {
    if (count <= 0) break;
    const auto found = std::ranges::find(each->sleeps_at, address);
    if (each->was_woken || found == each->sleeps_at.end()) continue;
    running_->clock += prices_.wake;
    // Who is not yet asleep gets there first. A clock that a deadline has set shows that.
    each->clock = running_->clock + prices_.wake_latency;
    each->was_woken = true;
    queue_up(*each);
    --count;
  }
}

void* simulation::own(const void* key, std::size_t bytes, void (*construct)(void* memory)) {
  auto& objects = running_->own_objects;
  const auto found = std::ranges::find(objects, key, &thread::own_object::key);
  if (found != objects.end()) return found->memory.get();
  const std::size_t units = (bytes + sizeof(std::max_align_t) - 1) / sizeof(std::max_align_t);
  objects.push_back({key, std::make_unique<std::max_align_t[]>(units)});
  construct(objects.back().memory.get());
  return objects.back().memory.get();
}

void simulation::at_thread_exit(void (*hook)() noexcept) {
  auto& hooks = running_->exit_hooks;
  if (std::ranges::find(hooks, hook) == hooks.end()) hooks.push_back(hook);
}

void simulation::enter(void* own) {
  thread& mine = *static_cast<thread*>(own);
  simulation& all = *current_;
  try {
    mine.body();
    while (!mine.exit_hooks.empty()) {
      const auto hook = mine.exit_hooks.back();
      mine.exit_hooks.pop_back();
      hook();
    }
  } catch (...) {
    if (all.failure_ == nullptr) all.failure_ = std::current_exception();
  }
  all.end_thread();
}

void simulation::end_thread() noexcept {
  thread& mine = *running_;
  mine.has_ended = true;
  --alive_;
  thread* const next = failure_ == nullptr ? take_next() : nullptr;
  running_ = next;
  if (next != nullptr) {
    mine.stack.finish(next->stack);
  } else {
    mine.stack.finish(host_);
  }
}

void simulation::await_turn() {
  thread& mine = *running_;
  // An old entry only lets another thread look sooner whether it is its turn.
  if (turns_.empty() || turns_.top().time > mine.clock) return;
  queue_up(mine);
  switch_from(mine.stack);
}

// Whoever waits for the same line has the same chance when it is free.
void simulation::await_line(std::uintptr_t address) {
  await_turn();
  for (;;) {
    const duration free = caches_.not_before(running_->core, address);
    if (free <= running_->clock) return;
    running_->clock = free;
    await_turn();
  }
}

void simulation::queue_up(thread& which) {
  which.turn = ++turns_made_;
  turns_.push({which.clock, chance_(), which.turn, &which});
}

simulation::thread* simulation::take_next() noexcept {
  while (!turns_.empty()) {
    const turn next = turns_.top();
    turns_.pop();
    if (next.whose->turn == next.number && !next.whose->has_ended) return next.whose;
  }
  return nullptr;
}

void simulation::switch_from(verify::detail::context& here) noexcept {
  thread* const next = take_next();
  if (next != nullptr && &next->stack == &here) {
    running_ = next;
    return;
  }
  running_ = next;
  if (next != nullptr) {
    here.switch_to(next->stack);
  } else if (&here != &host_) {
    here.switch_to(host_);
  }
}

duration simulation::stored_at(duration arrives) {
  thread& mine = *running_;
  duration& place = mine.stores[mine.next_store];
  mine.next_store = (mine.next_store + 1) % mine.stores.size();
  mine.clock = std::max(mine.clock, place);  // the buffer is full until this one is done
  mine.last_store = std::max({mine.last_store, mine.clock, arrives});
  return place = mine.last_store;
}

void simulation::drain_stores() noexcept {
  running_->clock = std::max(running_->clock, running_->last_store);
}

}  // namespace simulate
