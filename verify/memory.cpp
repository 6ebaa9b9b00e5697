// SPDX-License-Identifier: MIT
#include "memory.hpp"

namespace verify::detail {

void memory::reset() noexcept {
  threads_.fill({});
  fences_.clear();
  order_position_ = 0;
  used_ = 0;
}

void memory::order_threads(unsigned from, unsigned to) noexcept {
  threads_[to].current.join(threads_[from].current);
}

location& memory::create(const void* object, const word& bits, unsigned thread, stamp when) {
  if (used_ == locations_.size()) locations_.emplace_back();
  location& made = locations_[used_];
  made.object = object;
  made.number = used_++;
  made.values.clear();
  made.last_access = {};
  made.ordered.clear();
  for (auto& each : made.accesses) each.clear();
  made.rereads.fill(0);
  made.values.push_back({bits, {}, thread});
  made.last_access.set(thread, when);
  made.accesses[thread].push_back({when, 0});
  return made;
}

bool memory::is_constructed(const location& of, unsigned thread) const noexcept {
  const unsigned constructor = of.values.front().writer;
  return of.accesses[constructor].front().when <= threads_[thread].current.clock[constructor];
}

std::uint32_t memory::oldest_readable(const location& from, unsigned thread, order o) const noexcept {
  const std::uint32_t newest = from.newest_index();
  if (newest == 0) return 0;
  const view& current = threads_[thread].current;
  vector_clock known = current.clock;
  std::uint32_t oldest = 0;
  // Reading something older than what an operation B returned or wrote puts the load before B in the order
  // of seq_cst operations. So B must not already stand before the load itself, if both are seq_cst, or
  // before a seq_cst fence that happens before the load; nor may a fence that B happens before.
  if (o == order::seq_cst) {
    if (!fences_.empty()) known.join(fences_.back().known);
    if (!from.ordered.empty()) oldest = from.ordered.back().index;
  } else if (current.fence != 0) {
    const ordered_fence& fence = fences_[current.fence - 1];
    known.join(fence.known);
    for (auto each = from.ordered.rbegin(); each != from.ordered.rend(); ++each) {
      if (each->position > fence.position) continue;
      oldest = each->index;
      break;
    }
  }
  for (unsigned other = 0; other != max_threads && oldest != newest; ++other) {
    const list<location::access>& seen = from.accesses[other];
    for (auto each = seen.rbegin(); each != seen.rend() && each->index > oldest; ++each) {
      if (each->when <= known[other]) oldest = each->index;
    }
  }
  return oldest;
}

void memory::note_access(location& at, std::uint32_t index, unsigned thread, order o) {
  const stamp when = tick(thread);
  at.last_access.set(thread, when);
  list<location::access>& seen = at.accesses[thread];
  if (seen.empty() || seen.back().index != index) seen.push_back({when, index});
  if (o == order::seq_cst) {
    ++order_position_;
    if (at.ordered.empty() || at.ordered.back().index < index) at.ordered.push_back({order_position_, index});
  }
}

void memory::read(location& from, std::uint32_t index, unsigned thread, order o) {
  note_access(from, index, thread, o);
  thread_views& views = threads_[thread];
  (acquires(o) ? views.current : views.acquired).join(from.values[index].released);
}

void memory::write(location& to, const word& bits, unsigned thread, order o) {
  note_access(to, to.newest_index() + 1, thread, o);
  const thread_views& views = threads_[thread];
  to.values.push_back({bits, releases(o) ? views.current : views.released, thread});
}

void memory::replace(location& at, const word& bits, unsigned thread, order o) {
  thread_views& views = threads_[thread];
  const view chain = at.newest().released;
  (acquires(o) ? views.current : views.acquired).join(chain);
  write(at, bits, thread, o);
  at.values.back().released.join(chain);
}

void memory::fence(unsigned thread, order o) {
  thread_views& views = threads_[thread];
  if (acquires(o)) views.current.join(views.acquired);
  if (o == order::seq_cst) {
    ordered_fence made{++order_position_, views.current.clock};
    if (!fences_.empty()) made.known.join(fences_.back().known);
    fences_.push_back(made);
    views.current.fence = static_cast<std::uint32_t>(fences_.size());
  }
  if (releases(o)) views.released = views.current;
}

}  // namespace verify::detail
