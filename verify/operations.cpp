// SPDX-License-Identifier: MIT
// What threads do to memory, and how they wait for each other through it.
#include <algorithm>
#include <functional>

#include "execution.hpp"

namespace verify::detail {
namespace {

std::string hexadecimal(std::uint64_t value) {
  if (value < 1'000'000) return std::to_string(value);
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (; value != 0; value >>= 4) text.insert(text.begin(), digits[value & 15]);
  return "0x" + text;
}

// The end of a stop_callback waits for the callback, and so comes before the end of what that one uses. Nothing
// else tells the checker: so a use by a callback does not count where the object ends.
class counted_use {
 public:
  counted_use(location& of, bool by_callback) noexcept
      : of_(of), before_(of.last_access), is_by_callback_(by_callback) {}
  ~counted_use() {
    if (is_by_callback_) of_.last_access = before_;
  }
  counted_use(const counted_use&) = delete;
  counted_use& operator=(const counted_use&) = delete;

 private:
  location& of_;
  const vector_clock before_;
  const bool is_by_callback_;
};

}  // namespace

void execution::record(std::string_view what, const location& at, std::string_view value, const site& where,
                       trace::use of) {
  if (trace_ == nullptr) return;
  const untracked own;
  std::string text(what);
  text += ' ' + name_of(at.object);
  if (!value.empty()) text += ' ' + std::string(value);
  trace_->add(running_, std::move(text), where, threads_[running_].return_address, of);
}

void execution::record_load(std::string_view what, const location& at, std::uint32_t index, order o,
                            const site& where, std::string_view remark) {
  const untracked own;
  const std::uint32_t newer = at.newest_index() - index;
  record(what, at,
         std::string(to_string(o)) + " = " + hexadecimal(at.values[index].bits[0]) +
             (newer == 0 ? std::string() : " (old: " + std::to_string(newer) + " newer not seen)") +
             std::string(remark),
         where, {at.object, index, {}});
}

void execution::record_store(std::string_view what, const location& at, order o, const site& where) {
  const untracked own;
  record(what, at, std::string(to_string(o)) + " = " + hexadecimal(at.newest().bits[0]), where,
         {at.object, {}, at.newest_index()});
}

void execution::record_modify(std::string_view what, const location& at, order o, const site& where) {
  const untracked own;
  record(what, at, std::string(to_string(o)) + " = " + hexadecimal(at.newest().bits[0]), where,
         {at.object, at.newest_index() - 1, at.newest_index()});
}

void execution::record_lock(std::string_view what, const location& at, const site& where) {
  record(what, at, {}, where, {at.object, at.newest_index() - 1, at.newest_index()});
}

void execution::show_value(std::string_view value) {
  if (trace_ == nullptr) return;
  const untracked own;
  trace_->add_to_last(" = " + std::string(value));
}

handle execution::begin_atomic(const void* object) noexcept {
  if (location* const before = memory_.find(object)) {
    if (const unsigned other = memory_.view_of(running_).clock.first_unknown(before->last_access);
        other != nobody) {
      std::string text;
      {
        const untracked own;
        text = "data race: an atomic is constructed where nothing orders the use of " + name_of(object) +
               " by T" + std::to_string(other) + other_side(other, object, 1, false) + " before it";
      }
      fail(text);
    }
    before->object = nullptr;
  }
  return {nullptr, executions_, running_, memory_.tick(running_)};
}

location& execution::resolve_first(handle& known, const void* object, const word& bits) {
  // A construction before the execution happens before every step.
  if (known.execution != executions_) known = {nullptr, executions_, 0, 0};
  if (known.at == nullptr) known.at = &memory_.create(object, bits, known.constructor, known.constructed);
  return *known.at;
}

inline void execution::check_not_freed(const void* object, const site& where) {
  if (heap_.is_freed(object)) fail_use_after_free(object, where);
}

void execution::fail_use_after_free(const void* object, const site& where) {
  std::string text("use after free");
  if (trace_ != nullptr && object != nullptr) {
    const untracked own;
    text = "use after free of " + name_of(object) + trace_->who_freed(object);
  }
  fail(text, &where);
}

inline void execution::enter(location& at, const site& where) {
  point(where);
  check_usable(at, where);
}

inline void execution::check_usable(const location& at, const site& where) {
  if (at.object == nullptr) fail_use_after_free(nullptr, where);
  check_not_freed(at.object, where);
  if (!memory_.is_constructed(at, running_) && !calls_back_)
    fail("data race: an atomic is used by a thread that nothing orders after its construction", &where);
}

std::uint32_t execution::choose_value(location& from, std::uint32_t oldest) {
  const std::uint32_t newest = from.newest_index();
  // No machine returns a stale value for ever: after the third time, a thread reads something newer.
  const list<location::access>& seen = from.accesses[running_];
  if (oldest != newest && from.rereads[running_] >= 2 && !seen.empty() && seen.back().index >= oldest)
    oldest = seen.back().index + 1;
  return oldest == newest ? newest : newest - ask(newest - oldest + 1, cost::stale_load);
}

// Called after a read, before memory_ records it: notes whether it gave the thread a new value.
void execution::note_read(location& from, std::uint32_t index) {
  const list<location::access>& seen = from.accesses[running_];
  const bool again = !seen.empty() && seen.back().index == index;
  if (again && index != from.newest_index()) {
    ++from.rereads[running_];
  } else {
    from.rereads[running_] = 0;
  }
  thread_record& own = threads_[running_];
  if (!again) {
    own.idle = 0;
  } else if (++own.idle % idle_limit == 0) {
    let_others_pass();
  }
}

word execution::load(location& from, order o, const site& where) {
  o = orders.effective(o, access::load, where);
  enter(from, where);
  const std::uint32_t index = choose_value(from, memory_.oldest_readable(from, running_, o));
  note_read(from, index);
  step_.read(from.object);
  const counted_use use(from, calls_back_);
  memory_.read(from, index, running_, o);
  if (is_traced()) record_load("load", from, index, o, where);
  return from.values[index].bits;
}

void execution::store(location& to, const word& bits, order o, const site& where) {
  o = orders.effective(o, access::store, where);
  enter(to, where);
  step_.write(to.object);
  threads_[running_].idle = 0;
  const counted_use use(to, calls_back_);
  memory_.write(to, bits, running_, o);
  if (is_traced()) record_store("store", to, o, where);
}

word execution::begin_modify(location& at, const site& where) {
  enter(at, where);
  step_.write(at.object);
  return at.newest().bits;
}

void execution::end_modify(location& at, const word& bits, order o, const site& where) {
  threads_[running_].idle = 0;
  o = orders.effective(o, access::modify, where);
  const counted_use use(at, calls_back_);
  memory_.replace(at, bits, running_, o);
  if (is_traced()) record_modify("modify", at, o, where);
}

bool execution::compare_exchange(location& at, word& expected, const word& desired, order success,
                                 order failure, bool may_fail_spuriously, const site& where) {
  failure = orders.effective(failure, access::failed_modify, where);
  enter(at, where);
  const counted_use use(at, calls_back_);
  const std::uint32_t newest = at.newest_index();
  // It may fail on any value that a load might return and that is not the expected one; it succeeds only on the
  // newest.
  std::uint32_t oldest = memory_.oldest_readable(at, running_, failure);
  std::uint32_t index = choose_value(at, oldest);
  bool spurious = false;
  if (index != newest && at.values[index].bits == expected) {
    spurious = may_fail_spuriously && happens_for_no_reason();
    if (!spurious) index = newest;
  }
  const bool equal = at.values[index].bits == expected;
  spurious = spurious || (equal && may_fail_spuriously && happens_for_no_reason());
  if (equal && !spurious) {
    step_.write(at.object);
    threads_[running_].idle = 0;
    success = orders.effective(success, access::modify, where);
    memory_.replace(at, desired, running_, success);
    if (is_traced()) record_modify("exchange", at, success, where);
    return true;
  }
  note_read(at, index);
  step_.read(at.object);
  memory_.read(at, index, running_, failure);
  expected = at.values[index].bits;
  if (is_traced()) record_load("exchange fails,", at, index, failure, where, spurious ? " (spuriously)" : "");
  return false;
}

void execution::fence(order o, const site& where) {
  o = orders.effective(o, access::fence, where);
  point(where);
  if (o != order::relaxed) memory_.fence(running_, o);
  if (is_traced()) record({"fence ", to_string(o)}, where);
}

void execution::process_wide_fence(const site& where) {
  point(where);
  step_.everything();
  memory_.process_wide_fence(running_, thread_count_);
  record({"process-wide fence"}, where);
}

plain_record& execution::record_of(plain_handle& of) {
  if (of.execution != executions_) {
    of.execution = executions_;
    of.number = heap_.number_of_plain(&of, of.alive_outside);
  }
  return heap_.plain(of.number);
}

void execution::access_plain(plain_record& of, bool writes, std::string_view does, std::string_view what,
                             const site& where) {
  if (of.object == nullptr) fail_use_after_free(nullptr, where);
  if (writes) {
    step_.write(of.object);
  } else {
    step_.read(of.object);
  }
  const unsigned other = of.unordered_access(memory_.view_of(running_).clock, writes);
  if (trace_ != nullptr && (!does.empty() || other != nobody)) {
    const untracked own;
    trace_->add_plain(running_, std::string(does.empty() ? what : does) + ' ' + name_of(of.object), where,
                      threads_[running_].return_address, of.object, writes);
  }
  check_not_freed(of.object, where);
  if (other != nobody) fail_race(of, other, what, where);
  if (writes) {
    of.writer = running_;
    of.written = memory_.tick(running_);
  } else {
    of.reads.set(running_, memory_.tick(running_));
  }
}

void execution::fail_race(const plain_record& of, unsigned other, std::string_view what, const site& where) {
  std::string text;
  {
    const untracked own;
    const bool was_write = memory_.view_of(running_).clock[other] < of.written && of.writer == other;
    text = "data race: nothing orders the " + std::string(was_write ? "write" : "read") + " of " +
           name_of(of.object) + " by T" + std::to_string(other) + other_side(other, of.object, 1, was_write) +
           " before this " + std::string(what);
  }
  fail(text, &where);
}

void execution::construct_plain(plain_handle& of, const site& where) {
  plain_record& place = record_of(of);
  access_plain(place, true, "makes", "construction", where);
  if (place.alive) fail("constructed where an object is alive already", &where);
  place.alive = true;
}

void execution::begin_plain(plain_handle& of, const site& where) {
  plain_record& place = record_of(of);
  access_plain(place, true, {}, "construction", where);
  if (place.alive) fail("constructed where an object is alive already", &where);
  place.alive = true;
}

void execution::destroy_plain(plain_handle& of, const site& where) {
  plain_record& place = record_of(of);
  access_plain(place, true, "destroys", "destruction", where);
  if (!place.alive) fail("destroyed where no object is alive", &where);
  place.alive = false;
}

void execution::end_plain(plain_handle& of, const site& where) {
  plain_record& place = record_of(of);
  access_plain(place, true, {}, "end of its storage", where);
  place.alive = false;
}

void execution::write_plain(plain_handle& of, const site& where) {
  plain_record& place = record_of(of);
  access_plain(place, true, "write", "write", where);
  if (!place.alive) fail("written where no object is alive", &where);
}

void execution::read_plain(plain_handle& of, const site& where) {
  plain_record& place = record_of(of);
  access_plain(place, false, "read", "read", where);
  if (!place.alive) fail("read where no object is alive", &where);
}

bool execution::sleep(std::span<const sleeping_place> places, time_stamp deadline, const site& where) {
  for (const sleeping_place& place : places) {
    &place == &places.front() ? enter(place.at, where) : check_usable(place.at, where);
    step_.write(place.at.object);
  }
  step_.read(&now_);
  // The kernel reads the newest value, under the lock that a wake takes too.
  for (const auto& [at, expected] : places) {
    if (at.newest().bits == expected) continue;
    record("no sleep, because of a change of", at, {}, where);
    return true;
  }
  return fall_asleep(places, deadline, where);
}

bool execution::sleep_at(location& at, time_stamp deadline, const site& where) {
  check_usable(at, where);
  step_.write(at.object);
  step_.read(&now_);
  const sleeping_place place{at, at.newest().bits};
  return fall_asleep({&place, 1}, deadline, where);
}

bool execution::fall_asleep(std::span<const sleeping_place> places, time_stamp deadline, const site& where) {
  location& first = places.front().at;
  if (deadline <= now_) {
    record("no sleep, because the deadline has passed, on", first, {}, where);
    return false;
  }
  if (happens_for_no_reason()) {
    record("woken for no reason on", first, {}, where);
    return true;
  }
  thread_record& own = threads_[running_];
  own.waits_for.clear();
  for (const auto& [at, expected] : places) {
    record("sleeps on", at, deadline == no_deadline ? "" : "(with a deadline)", where);
    own.waits_for.push_back(&at);
  }
  own.deadline = deadline;
  block(thread_state::sleeping, where);
  if (own.timed_out) {
    for (const sleeping_place& place : places) step_.write(place.at.object);
    step_.write(&now_);
  }
  record(own.timed_out ? "deadline passed on" : "woken on", first, {}, where);
  if (trace_ != nullptr && !own.timed_out) trace_->was_woken();
  return !own.timed_out;
}

void execution::wake(location& at, int count, const site& where) {
  enter(at, where);
  wake_sleepers(at, count, where);
}

void execution::wake_if_there(location& at, int count, const site& where) {
  point(where);
  // Nobody sleeps on what is gone, and so the order of this step and the end of the word makes no difference.
  if (at.object != nullptr && !heap_.is_freed(at.object)) wake_sleepers(at, count, where);
}

void execution::wake_sleepers(location& at, int count, const site& where) {
  step_.write(at.object);
  for (; count > 0; --count) {
    std::array<std::uint8_t, max_threads> sleepers{};
    unsigned found = 0;
    for (unsigned i = 0; i != thread_count_; ++i)
      if (threads_[i].state == thread_state::sleeping && waits_for(i, &at))
        sleepers[found++] = static_cast<std::uint8_t>(i);
    if (found == 0) break;
    const unsigned chosen = found == 1 || count >= static_cast<int>(found) ? 0u : ask(found, cost::nothing);
    set_state(sleepers[chosen], thread_state::ready);
    if (trace_ == nullptr) continue;
    record({"wakes T", std::to_string(sleepers[chosen])}, where);
    const untracked own;
    trace_->wakes(sleepers[chosen]);
  }
}

// Until no other thread holds it: for itself, or at all.
void execution::wait_until_free(location& holders, bool of_writers_only, const site& where) {
  step_.write(holders.object);
  for (;;) {
    const word& held = holders.newest().bits;
    if (held[0] == running_ + 1 || (held[1] >> running_ & 1) != 0)
      fail("a mutex is locked again by the thread that holds it", &where);
    if (held[0] == 0 && (of_writers_only || held[1] == 0)) break;
    threads_[running_].waits_for.assign(1, &holders);
    block(thread_state::locking, where);
  }
  step_.write(holders.object);
}

void execution::wake_those_who_want(const location& mutex) noexcept {
  for (unsigned i = 0; i != thread_count_; ++i)
    if (threads_[i].state == thread_state::locking && waits_for(i, &mutex)) set_state(i, thread_state::ready);
}

void execution::lock(location& mutex, const site& where) {
  enter(mutex, where);
  wait_until_free(mutex, false, where);
  memory_.replace(mutex, {running_ + 1, 0}, running_, order::acquire);
  record_lock("locks", mutex, where);
}

bool execution::try_lock(location& mutex, const site& where) {
  enter(mutex, where);
  step_.write(mutex.object);
  // It may fail although no thread holds the mutex: [thread.mutex.requirements.mutex].
  if (mutex.newest().bits != word{} || happens_for_no_reason()) return false;
  memory_.replace(mutex, {running_ + 1, 0}, running_, order::acquire);
  record_lock("locks", mutex, where);
  return true;
}

void execution::unlock(location& mutex, const site& where) {
  enter(mutex, where);
  step_.write(mutex.object);
  if (!holds(mutex)) fail("a mutex is unlocked by a thread that does not hold it", &where);
  memory_.write(mutex, {0, 0}, running_, order::release);
  record("unlocks", mutex, {}, where, {mutex.object, {}, mutex.newest_index()});
  wake_those_who_want(mutex);
}

void execution::unlock_by_writer(location& holders, location& written, const site& where) {
  enter(holders, where);
  step_.write(holders.object);
  if (!holds(holders)) fail("a mutex is unlocked by a thread that does not hold it", &where);
  memory_.write(written, {}, running_, order::release);
  memory_.write(holders, {}, running_, order::release);
  record("unlocks", holders, {}, where, {holders.object, {}, holders.newest_index()});
  wake_those_who_want(holders);
}

void execution::share(location& holders, location& written, const site& where) {
  word held = holders.newest().bits;
  held[1] |= std::uint64_t{1} << running_;
  memory_.read(written, written.newest_index(), running_, order::acquire);
  memory_.replace(holders, held, running_, order::relaxed);
  record_lock("shares", holders, where);
}

void execution::lock_shared(location& holders, location& written, const site& where) {
  enter(holders, where);
  wait_until_free(holders, true, where);
  share(holders, written, where);
}

bool execution::try_lock_shared(location& holders, location& written, const site& where) {
  enter(holders, where);
  step_.write(holders.object);
  if (holders.newest().bits[0] != 0 || happens_for_no_reason()) return false;
  share(holders, written, where);
  return true;
}

void execution::unlock_shared(location& holders, const site& where) {
  enter(holders, where);
  step_.write(holders.object);
  word held = holders.newest().bits;
  if ((held[1] >> running_ & 1) == 0) fail("a mutex is unlocked by a thread that does not share it", &where);
  held[1] &= ~(std::uint64_t{1} << running_);
  memory_.replace(holders, held, running_, order::release);
  record_lock("no longer shares", holders, where);
  wake_those_who_want(holders);
}

}  // namespace verify::detail
