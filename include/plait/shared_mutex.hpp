// SPDX-License-Identifier: MIT
// shared_mutex: a lock of eight bytes that many readers may hold at once, or one writer.
//
// Use it where much is read and little is written, and a read takes longer than some tens of nanoseconds:
// std::shared_lock and std::unique_lock take it. Use mutex where reads are short or writes frequent;
// synchronized_value keeps the lock and what it protects together.
//
//   operation                    progress                         promise
//   lock_shared                  blocks while a writer has it     if writers are rare, readers do not share a
//                                or waits for it                  cache line (1)
//   lock                         blocks while others have it      readers that come are held back meanwhile
//   lock_upgrade                 blocks while a writer or another reads beside readers, and may become a writer
//                                such reader has it
//   unlock_upgrade_and_lock      blocks while readers have it     nobody writes in between
//   unlock_and_lock_upgrade,     lock-free                        nobody writes in between
//     unlock_and_lock_shared,
//     unlock_upgrade_and_lock_shared
//   try_...                      waits for nothing (2)            false if others have it or wait to write
//   ..._for, ..._until           gives up at a deadline, or a     one last try at the deadline
//                                signal: see until_signal
//   lock..(stop_token)           gives up at a stop request       one last try at the request
//   unlock, unlock_shared, ...   lock-free                        a system call only if somebody sleeps
//   Memory: 8 bytes, and 64 bytes for each thread that reads, for all locks together.
//   (1) After 1024 reads without a write each reader records in memory of its own that it reads, without a
//       read-modify-write. The next writer ends that, which takes some microseconds; it begins again after
//       8192 reads.
//   (2) try_lock looks at the records of all threads if readers use them.
//
//   std::map<std::string, int> prices;
//   plait::shared_mutex lock;
//   const auto price = [&](const std::string& what) {
//     const std::shared_lock reads(lock);
//     const auto found = prices.find(what);
//     return found == prices.end() ? 0 : found->second;
//   };
//   const auto set_price = [&](const std::string& what, int value) {
//     const std::unique_lock writes(lock);
//     prices[what] = value;
//   };
//
// A thread that holds it, in whatever way, must not take it again: a writer that waits in between would wait
// for it, and it for the writer. Only the thread that has taken it may give it back. Writers that come one
// after the other without a pause can keep readers waiting. Every call must have returned before it is
// destroyed; in a child of fork() only the thread that has forked may have held it. Nothing throws. Not for
// signal handlers, operator new, or between processes. Algorithm: one futex word, and for readers that collide
// biased reading (D. Dice, A. Kogan, "BRAVO", USENIX ATC 2019) with slots of their own and asymmetric fences.
// Design note: docs/structures/shared_mutex.md.
#pragma once

#include <cassert>
#include <chrono>
#include <cstdint>
#include <stop_token>

#include <plait/detail/lock/reader_slots.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/wait/deadline.hpp>
#include <plait/detail/wait/event_count.hpp>
#include <plait/detail/wait/limited_sleep.hpp>
#include <plait/until_signal.hpp>

namespace PLAIT_NAMESPACE {

namespace detail {

struct begin_biased {};

}  // namespace detail

// word_:
//   bits 31 .. 22  reads since a writer had it, those in slots not counted
//   bits 21 .. 4   readers: how many hold it, except for those that are in slots
//   bit 3          sleepers: somebody sleeps on the word, and whoever lets others in clears it and wakes all
//   bit 2          pending: a writer waits, so that no reader comes in
//   bit 1          upgrade: somebody reads and may become a writer
//   bit 0          writer: held for writing, or by a writer that still waits for readers in slots
//
// bias_: 0 (biased) while readers may use slots; else how often the count of reads has to fill up until they
// may; or all ones (ending): they may not, but some may be in slots, because a writer that waits has held them
// back; or one less (draining): the writer that has the word sleeps until those in slots have left.
//
// No wake-up is lost: a thread sleeps on a word that refuses it and in which `sleepers` is set. What could let
// it in changes the word, and whoever makes the change clears `sleepers` and wakes all. For readers in slots,
// see below: who waits for them sleeps on bias_, because others who wait set `sleepers` again that a reader has
// just cleared, and the word would be as it was before that reader left.
//
// Slots. A reader stores its slot and then looks at bias_, a writer ends the bias and then looks at the
// slots; the pair of fences of the seam lets one of them see the other. In the same way a reader empties its
// slot and then looks for `draining`, which a writer sets before it looks at the slots again and sleeps. While
// a writer has the word nobody begins to use slots, because only a reader that holds the word makes it biased.
//
// Edges:  guarded  word_   release in unlock_shared, replace -> acquire in take_now, wait
//         left     slot    release in leave -> acquire in is_in_a_slot: what a reader has read
//         gave_up  word_   release in withdraw -> acquire in hold_readers_back, wait: that it is biased again
//         opened   bias_   release in end_round -> acquire in take_slot: what was written before
class PLAIT_CAPABILITY("shared_mutex") shared_mutex {
 public:
  constexpr shared_mutex() noexcept = default;
  // For tests: as if it had been read often enough.
  explicit constexpr shared_mutex(detail::begin_biased) noexcept : bias_(biased) {}
  shared_mutex(const shared_mutex&) = delete;
  shared_mutex& operator=(const shared_mutex&) = delete;

  // -- for a writer --

  void lock() noexcept PLAIT_ACQUIRES() { write({}); }
  void unlock() noexcept PLAIT_RELEASES() { replace(writer, 0); }

  [[nodiscard]] bool try_lock() noexcept PLAIT_ACQUIRES_IF_TRUE { return write(at_once()); }
  template <class Rep, class Period>
  [[nodiscard]] bool try_lock_for(const std::chrono::duration<Rep, Period>& wait) noexcept
      PLAIT_ACQUIRES_IF_TRUE {
    return write({detail::deadline::after(wait)});
  }
  template <class Clock, class Duration>
  [[nodiscard]] bool try_lock_until(const std::chrono::time_point<Clock, Duration>& when) noexcept
      PLAIT_ACQUIRES_IF_TRUE {
    return write({detail::deadline::at(when)});
  }
  // The same, and false too if a signal handler, installed without SA_RESTART, has run in this thread while it
  // slept. A handler that runs just before ends nothing.
  template <class Clock, class Duration>
  [[nodiscard]] bool try_lock_until(const std::chrono::time_point<Clock, Duration>& when,
                                    until_signal) noexcept PLAIT_ACQUIRES_IF_TRUE {
    return write(detail::limits_until_signal{{detail::deadline::at(when)}});
  }
  // False if a stop is requested and others have it.
  [[nodiscard]] bool lock(const std::stop_token& stop) noexcept PLAIT_ACQUIRES_IF_TRUE {
    return write({detail::deadline::never(), &stop});
  }

  // -- for readers --

  void lock_shared() noexcept PLAIT_SHARES {
    if (!read_now()) [[unlikely]]
      wait<&as_reader>({}, 0);
  }
  void unlock_shared() noexcept PLAIT_RELEASES_SHARED {
    if (slot* const mine = detail::reader_slots::first(this)) {
      leave(*mine);
    } else if (slot* const other = detail::reader_slots::find(this)) {
      leave(*other);
    } else {
      const bits before = word_.fetch_sub(one_reader, detail::sync::release);  // release guarded
      assert((before & all_readers) != 0 &&
             "plait::shared_mutex: unlock_shared() of what nobody has locked shared");
      if ((before & (all_readers | sleepers)) == (one_reader | sleepers)) [[unlikely]]
        wake_all();
    }
  }

  [[nodiscard]] bool try_lock_shared() noexcept PLAIT_SHARES_IF_TRUE { return read_now(); }
  template <class Rep, class Period>
  [[nodiscard]] bool try_lock_shared_for(const std::chrono::duration<Rep, Period>& wait) noexcept
      PLAIT_SHARES_IF_TRUE {
    return read_now() || this->wait<&as_reader>({detail::deadline::after(wait)}, 0);
  }
  template <class Clock, class Duration>
  [[nodiscard]] bool try_lock_shared_until(const std::chrono::time_point<Clock, Duration>& when) noexcept
      PLAIT_SHARES_IF_TRUE {
    return read_now() || wait<&as_reader>({detail::deadline::at(when)}, 0);
  }
  template <class Clock, class Duration>
  [[nodiscard]] bool try_lock_shared_until(const std::chrono::time_point<Clock, Duration>& when,
                                           until_signal) noexcept PLAIT_SHARES_IF_TRUE {
    return read_now() || wait<&as_reader>(detail::limits_until_signal{{detail::deadline::at(when)}}, 0);
  }
  // False if a stop is requested and a writer has it or waits for it.
  [[nodiscard]] bool lock_shared(const std::stop_token& stop) noexcept PLAIT_SHARES_IF_TRUE {
    return read_now() || wait<&as_reader>({detail::deadline::never(), &stop}, 0);
  }

  // -- for a reader that may become a writer --

  void lock_upgrade() noexcept { read_to_write({}); }
  void unlock_upgrade() noexcept { replace(upgrade, 0); }

  [[nodiscard]] bool try_lock_upgrade() noexcept { return take_now<&as_upgrade>() != 0; }
  template <class Rep, class Period>
  [[nodiscard]] bool try_lock_upgrade_for(const std::chrono::duration<Rep, Period>& wait) noexcept {
    return read_to_write({detail::deadline::after(wait)});
  }
  template <class Clock, class Duration>
  [[nodiscard]] bool try_lock_upgrade_until(const std::chrono::time_point<Clock, Duration>& when) noexcept {
    return read_to_write({detail::deadline::at(when)});
  }
  [[nodiscard]] bool lock_upgrade(const std::stop_token& stop) noexcept {
    return read_to_write({detail::deadline::never(), &stop});
  }

  // From one to the other without giving it up in between. One that gives up still has the upgrade lock.
  void unlock_upgrade_and_lock() noexcept { become_writer({}); }
  template <class Rep, class Period>
  [[nodiscard]] bool try_unlock_upgrade_and_lock_for(const std::chrono::duration<Rep, Period>& wait) noexcept {
    return become_writer({detail::deadline::after(wait)});
  }
  template <class Clock, class Duration>
  [[nodiscard]] bool try_unlock_upgrade_and_lock_until(
      const std::chrono::time_point<Clock, Duration>& when) noexcept {
    return become_writer({detail::deadline::at(when)});
  }
  void unlock_and_lock_upgrade() noexcept { replace(writer, upgrade); }
  void unlock_and_lock_shared() noexcept { replace(writer, one_reader); }
  void unlock_upgrade_and_lock_shared() noexcept { replace(upgrade, one_reader); }

 private:
  using bits = std::uint32_t;
  using slot = detail::reader_slots::slot;

  static constexpr bits writer = 1;
  static constexpr bits upgrade = 2;
  static constexpr bits pending = 4;
  static constexpr bits sleepers = 8;
  static constexpr bits one_reader = 16;
  static constexpr bits one_read = detail::sync::sized(bits{1} << 22, bits{1} << 31);
  static constexpr bits all_reads = ~bits{0} - (one_read - 1);
  static constexpr bits all_readers = (bits{1} << 22) - one_reader;

  static constexpr bits biased = 0;
  static constexpr bits ending = ~bits{0};
  static constexpr bits draining = ending - 1;
  static constexpr bits rounds_after_a_writer = detail::sync::sized(8, 1);

  static constexpr std::chrono::microseconds longest_awake{50};

  static detail::wait_limits at_once() noexcept { return {detail::deadline::after(std::chrono::seconds(0))}; }

  // The word after a thread has taken the lock in some way; 0 if it must not. A count of reads that is full
  // begins at 0 again.
  static constexpr bits as_reader(bits found) noexcept {
    return (found & (writer | pending)) == 0 ? found + one_reader + one_read : 0;
  }
  static constexpr bits as_upgrade(bits found) noexcept {
    return (found & (writer | pending | upgrade)) == 0 ? found | upgrade : 0;
  }
  static constexpr bits as_writer(bits found) noexcept {
    return (found & (all_readers | writer | upgrade)) == 0 ? (found & sleepers) | writer : 0;
  }
  static constexpr bits as_writer_after_upgrade(bits found) noexcept {
    return (found & all_readers) == 0 ? (found & sleepers) | writer : 0;
  }

  // The word after it was taken; 0 if it must not be taken now.
  template <bits (*Next)(bits) noexcept>
  bits take_now() noexcept {
    bits found = word_.load(detail::sync::relaxed);  // relaxed: the compare-exchange decides
    bits next = Next(found);
    while (next != 0 && !word_.compare_exchange_weak(found, next, detail::sync::acquire,  // acquire guarded
                                                     detail::sync::relaxed))  // relaxed: tried again
      next = Next(found);
    return next;
  }

  // `claim`: pending, for those who keep readers out while they wait.
  template <bits (*Next)(bits) noexcept, class Limits = detail::wait_limits>
  [[gnu::noinline]] bool wait(const Limits& limits, bits claim) noexcept {
    const auto look = [this]() noexcept {
      return take_now<Next>() != 0 ? detail::attempt::done : detail::attempt::blocked;
    };
    bool has_claimed = claim != 0 && !limits.are_over();
    if (has_claimed) hold_readers_back(claim);
    if (detail::try_awake(look, limits.until.or_after(longest_awake), detail::pace_of_items)) return true;

    const detail::limited_sleep sleeper(limits);
    for (bool gives_up = limits.are_over();;) {
      bits found = word_.load(detail::sync::relaxed);  // relaxed: the compare-exchange decides, or the kernel
      const bits taken = Next(found);
      if (taken == 0 && gives_up) {
        if (has_claimed) withdraw(claim);
        return false;
      }
      const bits next = taken != 0 ? taken : found | sleepers | claim;
      if (next != found &&
          !word_.compare_exchange_weak(found, next, detail::sync::acquire,  // acquire guarded, acquire gave_up
                                       detail::sync::relaxed))              // relaxed: tried again
        continue;
      if (taken != 0) return true;
      has_claimed = claim != 0;
      if (has_claimed) change_bias(biased, ending);  // whoever gave up meanwhile has made it biased again
      gives_up = detail::ends_wait(sleeper.on(word_, next, limits.until), limits);
    }
  }

  void hold_readers_back(bits claim) noexcept {
    word_.fetch_or(claim, detail::sync::acquire);  // acquire gave_up
    change_bias(biased, ending);
  }

  void change_bias(bits from, bits to) noexcept {
    // relaxed: a read-modify-write goes on with what `opened` releases, and readers_have_left() looks at both
    bias_.compare_exchange_strong(from, to, detail::sync::relaxed, detail::sync::relaxed);
  }

  // Other writers that wait may rely on the same claim, and on `ending`: they wake up, and make both again.
  void withdraw(bits claim) noexcept {
    change_bias(ending, biased);
    word_.fetch_and(~(claim | sleepers), detail::sync::release);  // release gave_up
    detail::sync::futex_wake(word_, detail::sync::every_sleeper);
  }

  void wake_all() noexcept {
    word_.fetch_and(~sleepers, detail::sync::relaxed);  // relaxed: the change before it is what lets others in
    detail::sync::futex_wake(word_, detail::sync::every_sleeper);
  }

  // Holds it in another way, or no longer.
  void replace(bits held, bits by) noexcept {
    bits found = held;
    while (!word_.compare_exchange_strong(found, (found - held + by) & ~sleepers,
                                          detail::sync::release,     // release guarded
                                          detail::sync::relaxed)) {  // relaxed: tried again
    }
    assert((found & held) != 0 && "plait::shared_mutex: unlock of what is not locked in this way");
    if ((found & sleepers) != 0) [[unlikely]]
      detail::sync::futex_wake(word_, detail::sync::every_sleeper);
  }

  // -- writers and the slots --

  template <class Limits = detail::wait_limits>
  bool write(const Limits& limits) noexcept {
    return (take_now<&as_writer>() != 0 || wait<&as_writer>(limits, pending)) && readers_have_left(limits, 0);
  }
  bool become_writer(const detail::wait_limits& limits) noexcept {
    return (take_now<&as_writer_after_upgrade>() != 0 || wait<&as_writer_after_upgrade>(limits, pending)) &&
           readers_have_left(limits, upgrade);
  }
  bool read_to_write(const detail::wait_limits& limits) noexcept {
    return take_now<&as_upgrade>() != 0 || wait<&as_upgrade>(limits, 0);
  }

  // The word is held by this writer. One that gives up has `instead`.
  template <class Limits>
  bool readers_have_left(const Limits& limits, bits instead) noexcept {
    // relaxed: it was made biased, if at all, by a reader of the word, before it gave that back
    const bits bias = bias_.load(detail::sync::relaxed);
    return (bias != biased && bias != ending) || close_slots(limits, instead);
  }

  template <class Limits>
  [[gnu::noinline]] bool close_slots(const Limits& limits, bits instead) noexcept {
    bias_.store(rounds_after_a_writer, detail::sync::relaxed);  // relaxed: the fence
    detail::sync::process_wide_fence();
    const auto look = [this]() noexcept {
      return is_in_a_slot() ? detail::attempt::blocked : detail::attempt::done;
    };
    if (look() == detail::attempt::done ||
        detail::try_awake(look, limits.until.or_after(longest_awake), detail::pace_of_items))
      return true;
    const detail::limited_sleep sleeper(limits);
    for (bool gives_up = limits.are_over();;) {
      bias_.store(draining, detail::sync::relaxed);  // relaxed: the fence
      detail::sync::process_wide_fence();
      if (!is_in_a_slot()) {
        // relaxed: whoever looks at it next has the word
        bias_.store(rounds_after_a_writer, detail::sync::relaxed);
        return true;
      }
      if (gives_up) {
        // The next writer has to look at the slots, too.
        bias_.store(biased, detail::sync::relaxed);  // relaxed: the fence above releases what `opened` promises
        replace(writer, instead);
        return false;
      }
      gives_up = detail::ends_wait(sleeper.on(bias_, draining, limits.until), limits);
    }
  }

  bool is_in_a_slot() const noexcept {
    return detail::reader_slots::any(
        this, [](const slot& each) { return each.load(detail::sync::acquire); });  // acquire left
  }

  // -- readers --

  bool read_now() noexcept {
    // relaxed: take_slot() looks again
    if (bias_.load(detail::sync::relaxed) == biased && take_slot()) return true;
    const bits taken = take_now<&as_reader>();
    if (taken != 0 && (taken & all_reads) == 0) [[unlikely]]  // the count was full
      end_round();
    return taken != 0;
  }

  // By a reader that holds the word: so no writer has it.
  [[gnu::noinline]] void end_round() noexcept {
    bits left = bias_.load(detail::sync::relaxed);  // relaxed: the compare-exchange decides
    if (left == biased || left == ending) return;
    bias_.compare_exchange_strong(left, left - 1, detail::sync::release,  // release opened
                                  detail::sync::relaxed);                 // relaxed: somebody else was faster
  }

  bool take_slot() noexcept {
    slot* mine = detail::reader_slots::first(nullptr);
    if (mine == nullptr) [[unlikely]] {
      mine = another_slot();
      if (mine == nullptr) return false;
    }
    mine->store(this, detail::sync::relaxed);  // relaxed: the fence
    detail::sync::light_fence();
    if (bias_.load(detail::sync::acquire) == biased) return true;  // acquire opened
    leave(*mine);
    return false;
  }

  // Null if there is no memory, or this thread reads too many locks.
  [[gnu::noinline]] static slot* another_slot() noexcept {
    return detail::reader_slots::attach() ? detail::reader_slots::find(nullptr) : nullptr;
  }

  void leave(slot& mine) noexcept {
    mine.store(nullptr, detail::sync::release);  // release left
    detail::sync::light_fence();
    if (bias_.load(detail::sync::relaxed) == draining) [[unlikely]]  // relaxed: the fence
      wake_writer();
  }
  [[gnu::noinline]] void wake_writer() noexcept {
    change_bias(draining, rounds_after_a_writer);
    detail::sync::futex_wake(bias_, 1);
  }

  detail::sync::atomic<bits> word_{0};  // see the table above
  detail::sync::atomic<bits> bias_{1};  // as above
};

}  // namespace PLAIT_NAMESPACE
