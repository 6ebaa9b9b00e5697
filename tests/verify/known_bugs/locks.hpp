// SPDX-License-Identifier: MIT
// Locks that let two threads in, lose a sleeper, or end in a deadlock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <verify/verify.hpp>

#include "verify/known_bugs/made.hpp"

namespace mistakes {

template <class Lock>
void guards_a_sum() {
  Lock lock;
  plain<int> sum(0);
  const auto add = [&](int thread) {
    return [&, thread] {
      lock.acquire_by(thread);
      sum.write(sum.read() + 1);
      lock.release_by(thread);
    };
  };
  threads(add(0), add(1));
  check(sum.read() == 2);
}

// Peterson 1981, with only acquire and release: both threads enter.
template <made How>
struct peterson_lock {
  std::array<atomic<bool>, 2> wants{};
  atomic<int> turn{0};

  void acquire_by(int thread) {
    const auto self = static_cast<std::size_t>(thread);
    wants[self].store(true, order_if(How, seq_cst, release));
    turn.store(1 - thread, order_if(How, seq_cst, release));
    while (wants[1 - self].load(order_if(How, seq_cst, acquire)) &&
           turn.load(order_if(How, seq_cst, acquire)) != thread)
      yield();
  }
  void release_by(int thread) { wants[static_cast<std::size_t>(thread)].store(false, release); }
};

// Dekker's entry, which gives up instead of taking turns.
template <made How>
void dekker() {
  atomic<bool> a{false}, b{false};
  plain<int> inside(0);
  const auto enter = [&](atomic<bool>& mine, atomic<bool>& other) {
    mine.store(true, order_if(How, seq_cst, release));
    if (!other.load(order_if(How, seq_cst, acquire))) inside.write(inside.read() + 1);
  };
  threads([&] { enter(a, b); }, [&] { enter(b, a); });
}

// Lamport 1974, without saying that a number is being chosen: two threads with the same number enter.
template <made How>
struct bakery_lock {
  std::array<atomic<bool>, 2> choosing{};
  std::array<atomic<int>, 2> number{};

  void acquire_by(int thread) {
    const auto self = static_cast<std::size_t>(thread), other = 1 - self;
    if (How == right) choosing[self].store(true, seq_cst);
    number[self].store(number[other].load(seq_cst) + 1, seq_cst);
    if (How == right) choosing[self].store(false, seq_cst);
    while (choosing[other].load(seq_cst)) yield();
    for (;;) {
      const int theirs = number[other].load(seq_cst), mine = number[self].load(seq_cst);
      if (theirs == 0 || mine < theirs || (mine == theirs && self < other)) return;
      yield();
    }
  }
  void release_by(int thread) { number[static_cast<std::size_t>(thread)].store(0, seq_cst); }
};

// Checks whether the lock is free and takes it, in two steps.
template <made How>
struct test_and_set_lock {
  atomic<bool> taken{false};

  void acquire_by(int) {
    for (;; yield()) {
      if (taken.load(acquire)) continue;
      if (How == right ? !taken.exchange(true, acquire) : (taken.store(true, relaxed), true)) return;
    }
  }
  void release_by(int) { taken.store(false, release); }
};

template <made Ticket, made Handover>
struct ticket_lock {
  atomic<unsigned> next{0}, serving{0};

  void acquire_by(int) {
    unsigned mine;
    if (Ticket == right) {
      mine = next.fetch_add(1, relaxed);
    } else {  // two threads draw the same one
      mine = next.load(relaxed);
      next.store(mine + 1, relaxed);
    }
    while (serving.load(acquire) != mine) yield();
  }
  void release_by(int) { serving.store(serving.load(relaxed) + 1, order_if(Handover, release, relaxed)); }
};

// Mellor-Crummey and Scott 1991.
template <made Unlock, made Handover>
struct mcs_lock {
  struct node {
    atomic<node*> next{nullptr};
    atomic<bool> waits{false};
  };
  std::array<node, 2> nodes{};
  atomic<node*> tail{nullptr};

  void acquire_by(int thread) {
    node& mine = nodes[static_cast<std::size_t>(thread)];
    mine.next.store(nullptr, relaxed);
    mine.waits.store(true, relaxed);
    node* const before = tail.exchange(&mine, acq_rel);
    if (before == nullptr) return;
    before->next.store(&mine, release);
    while (mine.waits.load(acquire)) yield();
  }
  void release_by(int thread) {
    node& mine = nodes[static_cast<std::size_t>(thread)];
    node* next = mine.next.load(acquire);
    if (next == nullptr) {
      // No successor is linked. Wrong: one may have taken its place in the queue without having linked itself
      // yet.
      if (Unlock == wrong) return tail.store(nullptr, release);
      node* expected = &mine;
      if (tail.compare_exchange_strong(expected, nullptr, release, relaxed)) return;
      while ((next = mine.next.load(acquire)) == nullptr) yield();
    }
    next->waits.store(false, order_if(Handover, release, relaxed));
  }
};

// Drepper's futex mutex (Futexes Are Tricky, 2011): 0 free, 1 taken, 2 taken with sleepers. A thread that wakes
// up does not know whether others sleep, so it has to store 2.
template <made AfterWaking, made Unlock>
struct futex_mutex {
  word state{0};

  void acquire_by(int) {
    std::uint32_t seen = 0;
    if (state.compare_exchange_strong(seen, 1, acquire)) return;
    for (;;) {
      std::uint32_t taken = 1;
      if (seen == 2 || state.compare_exchange_strong(taken, 2, relaxed) || taken == 2) state.wait(2);
      seen = 0;
      if (state.compare_exchange_strong(seen, AfterWaking == right ? 2 : 1, acquire)) return;
    }
  }
  void release_by(int) {
    if (Unlock == wrong) state.notify_one();  // before there is anything to take
    const std::uint32_t was = state.exchange(0, release);
    if (Unlock == right && was == 2) state.notify_one();
  }
};

template <made AfterWaking>
void three_lock_a_futex_mutex() {
  futex_mutex<AfterWaking, right> lock;
  const auto use = [&] { lock.acquire_by(0), lock.release_by(0); };
  threads(use, use, use);
}

template <made How>
void two_locks_in_two_orders() {
  mutex a, b;
  const auto use = [](mutex& first, mutex& second) {
    first.lock(), second.lock();
    second.unlock(), first.unlock();
  };
  threads([&] { use(a, b); }, [&] { How == right ? use(a, b) : use(b, a); });
}

// Readers announce themselves and check for a writer; the writer announces itself and checks for readers.
template <made How>
void readers_and_a_writer() {
  atomic<int> readers{0};
  atomic<bool> writing{false};
  plain<int> data(0);
  threads(
      [&] {
        readers.fetch_add(1, order_if(How, seq_cst, acq_rel));
        if (!writing.load(order_if(How, seq_cst, acquire))) static_cast<void>(data.read());
        readers.fetch_sub(1, release);
      },
      [&] {
        writing.store(true, order_if(How, seq_cst, release));
        if (readers.load(order_if(How, seq_cst, acquire)) == 0) data.write(1);
      });
}

// Two readers that become writers, each of which waits for the other to leave.
template <made How>
void two_readers_upgrade() {
  atomic<int> readers{0};
  atomic<bool> upgrading{false};
  const auto use = [&] {
    readers.fetch_add(1, acquire);
    if (How == right && upgrading.exchange(true, acq_rel)) {  // one upgrades, the other gives up
      readers.fetch_sub(1, release);
      return;
    }
    while (readers.load(acquire) != 1) yield();
    readers.fetch_sub(1, release);
  };
  threads(use, use);
}

}  // namespace mistakes
