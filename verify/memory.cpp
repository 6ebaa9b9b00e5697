// SPDX-License-Identifier: MIT
#include "memory.hpp"

#include <algorithm>

namespace verify::detail {

void memory::reset() noexcept {
  threads_.fill({});
  order_.reset();
  places_.fill(0);
  used_ = 0;
}

bool memory::is_out_of_stamps() const noexcept {
  for (unsigned thread = 0; thread != max_threads; ++thread)
    if (threads_[thread].current.clock[thread] == last_stamp) return true;
  return order_.is_out_of_stamps();
}

static std::uint32_t place_of(const void* object) noexcept {
  return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(object) * 0x9e3779b97f4a7c15u >> 54);
}

location* memory::find(const void* object) noexcept {
  const std::uint32_t place = place_of(object);
  if ((places_[place / 64] >> place % 64 & 1) == 0) return nullptr;
  for (std::uint32_t number = used_; number-- != 0;)
    if (locations_[number].object == object) return &locations_[number];
  return nullptr;
}

void memory::order_threads(unsigned from, unsigned to) noexcept {
  threads_[to].current.join(threads_[from].current);
}

location& memory::create(const void* object, const word& bits, unsigned thread, stamp when) {
  if (used_ == locations_.size()) locations_.emplace_back();
  location& made = locations_[used_];
  made.object = object;
  made.number = used_++;
  const std::uint32_t place = place_of(object);
  places_[place / 64] |= std::uint64_t{1} << place % 64;
  made.values.clear();
  made.last_access = {};
  made.ordered.clear();
  for (const unsigned other : threads_in(made.accessed_by)) made.accesses[other].clear();
  made.accessed_by = thread_set{1} << thread;
  made.rereads.fill(0);
  made.values.push_back({bits, {}, thread, {}, {}, {}});
  made.last_access.set(thread, when);
  made.accesses[thread].push_back({when, 0});
  return made;
}

bool memory::is_constructed(const location& of, unsigned thread) const noexcept {
  const unsigned constructor = of.values.front().writer;
  return of.accesses[constructor].front().when <= threads_[thread].current.clock[constructor];
}

vector_clock memory::ordered_before(unsigned thread, order o) const noexcept {
  const view& current = threads_[thread].current;
  vector_clock operations = current.fences;
  if (o == order::seq_cst) operations.join(current.strong);
  return order_.closed(operations);
}

std::uint32_t memory::oldest_readable(const location& from, unsigned thread, order o) const noexcept {
  const std::uint32_t newest = from.newest_index();
  const list<location::access>& seen = from.accesses[thread];
  if (!seen.empty() && seen.back().index == newest) return newest;
  const vector_clock& own = threads_[thread].current.clock;
  std::uint32_t oldest = newest_known(from, own, 0);
  if (oldest == newest) return newest;
  // Reading a value older than one that an access B read or wrote puts this load, if it is seq_cst, and every
  // fence that happens before it, into S before B, if B is seq_cst, and before every fence that B happens
  // before. So none of the latter may precede the load or such a fence in S already.
  const vector_clock before = ordered_before(thread, o);
  if (before.is_empty()) return oldest;
  for (const location::ordered_access& each : from.ordered)
    if (each.number <= before[each.thread]) oldest = std::max(oldest, each.index);
  vector_clock known = own;
  order_.add_what_fences_know(before, known);
  return known == own ? oldest : newest_known(from, known, oldest);
}

std::uint32_t memory::newest_known(const location& of, const vector_clock& known,
                                   std::uint32_t oldest) noexcept {
  const std::uint32_t newest = of.newest_index();
  for (const unsigned thread : threads_in(of.accessed_by)) {
    if (oldest == newest) break;
    const list<location::access>& seen = of.accesses[thread];
    for (auto each = seen.rbegin(); each != seen.rend() && each->index > oldest; ++each)
      if (each->when <= known[thread]) oldest = each->index;
  }
  return oldest;
}

void memory::put_before_what_is_newer(const vector_clock& sources, const location& than, std::uint32_t index) {
  for (const location::ordered_access& each : than.ordered)
    if (each.index > index) order_.put_before(sources, each.thread, each.number);
  vector_clock newer = vector_clock::last();  // of each thread, the first access to something newer
  for (const unsigned other : threads_in(than.accessed_by)) {
    const auto first = std::ranges::find_if(than.accesses[other],
                                            [=](const location::access& each) { return each.index > index; });
    if (first != than.accesses[other].end()) newer.set(other, first->when);
  }
  const auto knows_of_newer = [&](const vector_clock& known) { return known.reaches_any_of(newer); };
  for (unsigned thread = 0; thread != max_threads; ++thread)
    if (const stamp fence = order_.first_fence(thread, knows_of_newer); fence != 0)
      order_.put_before(sources, thread, fence);
}

inline void memory::note_access(location& at, std::uint32_t index, bool writes, unsigned thread, order o) {
  view& current = threads_[thread].current;
  const stamp when = tick(thread);
  at.last_access.set(thread, when);
  list<location::access>& seen = at.accesses[thread];
  if (seen.empty() || seen.back().index != index) seen.push_back({when, index});
  at.accessed_by |= thread_set{1} << thread;

  // [atomics.order]/4: if A is coherence-ordered before B, then A and each seq_cst fence that happens before A
  // precede in S B and each seq_cst fence that B happens before; A and B themselves only if they are seq_cst.
  // `sources` are A and the fences before it.
  vector_clock sources = current.fences;
  location::value& value = at.values[index];
  if (o == order::seq_cst) {
    vector_clock after = current.strong;
    after.join(value.before_it);
    if (!writes) after.join(value.by_write);
    const stamp number = order_.add(thread, after);
    sources.set(thread, number);
    at.ordered.push_back({thread, number, index});
  }
  if (sources.is_empty()) return;
  if (writes) {
    value.by_write = sources;
    return;
  }
  value.by_reads.join(sources);
  if (index == at.newest_index()) return;
  for (std::uint32_t newer = index + 1; newer <= at.newest_index(); ++newer)
    at.values[newer].before_it.join(sources);
  put_before_what_is_newer(sources, at, index);
}

inline void memory::append(location& to, const word& bits, unsigned thread) {
  const location::value& before = to.newest();
  vector_clock before_it = before.before_it;
  before_it.join(before.by_write);
  before_it.join(before.by_reads);
  to.values.push_back({bits, {}, thread, before_it, {}, {}});
}

void memory::read(location& from, std::uint32_t index, unsigned thread, order o) {
  note_access(from, index, false, thread, o);
  thread_views& views = threads_[thread];
  (acquires(o) ? views.current : views.acquired).join(from.values[index].released);
  keep_order(from, thread, o);
}

void memory::write(location& to, const word& bits, unsigned thread, order o) {
  append(to, bits, thread);
  note_access(to, to.newest_index(), true, thread, o);
  const thread_views& views = threads_[thread];
  to.values.back().released = releases(o) ? views.current : views.released;
  keep_order(to, thread, o);
}

void memory::replace(location& at, const word& bits, unsigned thread, order o) {
  const view chain = at.newest().released;
  append(at, bits, thread);
  note_access(at, at.newest_index(), true, thread, o);
  thread_views& views = threads_[thread];
  (acquires(o) ? views.current : views.acquired).join(chain);
  view& released = at.values.back().released;
  released = releases(o) ? views.current : views.released;
  released.join(chain);
  keep_order(at, thread, o);
}

// What the thread does next strongly happens after the seq_cst operation that it has just made. A thread that
// acquires the value which that operation released does not: so this comes after the release.
void memory::keep_order(const location& at, unsigned thread, order o) noexcept {
  if (o == order::seq_cst) threads_[thread].current.strong.set(thread, at.ordered.back().number);
}

void memory::fence(unsigned thread, order o) {
  thread_views& views = threads_[thread];
  if (o == order::seq_cst) return ordered_fence(thread, {});
  if (acquires(o)) views.current.join(views.acquired);
  if (releases(o)) views.released = views.current;
}

void memory::process_wide_fence(unsigned caller, unsigned threads) {
  ordered_fence(caller, {});
  const vector_clock first = threads_[caller].current.fences;
  vector_clock all;
  for (unsigned each = 0; each != threads; ++each) {
    if (each == caller) continue;
    ordered_fence(each, first);
    all.join(threads_[each].current.fences);
  }
  ordered_fence(caller, all);
}

void memory::ordered_fence(unsigned thread, vector_clock after) {
  thread_views& views = threads_[thread];
  after.join(views.current.strong);
  views.current.join(views.acquired);
  // By the same rules, the fence comes after the sources of all that is coherence-ordered before what
  // happens before it.
  const vector_clock& known = views.current.clock;
  for (std::uint32_t number = 0; number != used_; ++number) {
    const location& each = locations_[number];
    if (each.newest_index() == 0) continue;  // nothing is coherence-ordered before its first value
    const location::value& newest = each.values[newest_known(each, known, 0)];
    after.join(newest.before_it);
    after.join(newest.by_write);
  }
  const stamp made = order_.add(thread, after, &known);
  views.current.fences.set(thread, made);
  views.released = views.current;
  views.current.strong.set(thread, made);
}

}  // namespace verify::detail
