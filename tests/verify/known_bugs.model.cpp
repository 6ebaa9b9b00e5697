// SPDX-License-Identifier: MIT
// Well-known mistakes, most of them published or shipped. Each is a small program, with the mistake, which the
// checker must find, and without it, where it must find nothing. Written with the names of std:: alone, and
// searched with the options that a user has who sets none.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <verify/verify.hpp>

#include "support/figures.hpp"

namespace {

using verify::atomic;
using verify::check;
using verify::memory_order;
using verify::mutex;
using verify::plain;
using verify::threads;
using verify::this_thread::yield;
using enum verify::memory_order;

enum class made : std::uint8_t { right, wrong };
using enum made;

// The order that is needed, or the wrong one.
constexpr memory_order order_if(made how, memory_order needed, memory_order instead) {
  return how == right ? needed : instead;
}

// A word on which threads sleep while it has a given value.
using word = atomic<std::uint32_t>;

// -- locks --

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

// -- publishing --

// Meyers and Alexandrescu 2004: double-checked locking.
template <memory_order Load, memory_order Store>
void double_checked_locking() {
  struct object {
    plain<int> value{0};
  };
  atomic<object*> instance{nullptr};
  mutex guard;
  const auto use = [&] {
    object* found = instance.load(Load);
    if (found == nullptr) {
      guard.lock();
      found = instance.load(relaxed);
      if (found == nullptr) {
        found = new object;
        found->value.write(7);
        instance.store(found, Store);
      }
      guard.unlock();
    }
    check(found->value.read() == 7);
  };
  threads(use, use);
  delete instance.load(relaxed);
}

// Announces the result before it has written it.
template <made How>
void call_once() {
  atomic<int> state{0};  // 1: under way, 2: done
  plain<int> value(0);
  const auto use = [&] {
    int found = 0;
    if (state.compare_exchange_strong(found, 1, acquire)) {
      if (How == wrong) state.store(2, release);
      value.write(7);
      if (How == right) state.store(2, release);
    } else {
      while (state.load(acquire) != 2) yield();
    }
    check(value.read() == 7);
  };
  threads(use, use);
}

// Boehm 2012: the reader's second load of the sequence must not come before its reads of the data, nor the
// writer's data before its first store of the sequence.
template <made Reader, made Writer>
void sequence_lock() {
  atomic<unsigned> sequence{0};
  atomic<int> x{0}, y{0};
  threads(
      [&] {
        sequence.store(1, relaxed);
        verify::atomic_thread_fence(order_if(Writer, release, relaxed));
        x.store(1, relaxed), y.store(1, relaxed);
        sequence.store(2, release);
      },
      [&] {
        const unsigned before = sequence.load(acquire);
        const int a = x.load(relaxed), b = y.load(relaxed);
        verify::atomic_thread_fence(order_if(Reader, acquire, relaxed));
        if (before % 2 == 0 && sequence.load(relaxed) == before) check(a == b, "no torn read");
      });
}

// A seqlock's reader that does not check whether a writer is active.
template <made How>
void sequence_lock_odd() {
  atomic<unsigned> sequence{0};
  atomic<int> x{0}, y{0};
  threads(
      [&] {
        sequence.store(1, seq_cst);
        x.store(1, seq_cst), y.store(1, seq_cst);
        sequence.store(2, seq_cst);
      },
      [&] {
        const unsigned before = sequence.load(seq_cst);
        const int a = x.load(seq_cst), b = y.load(seq_cst);
        if ((How == wrong || before % 2 == 0) && sequence.load(seq_cst) == before)
          check(a == b, "no torn read");
      });
}

// -- structures --

// Le, Pop, Cohen, Zappa Nardelli: Correct and Efficient Work-Stealing for Weak Memory Models, PPoPP 2013.
struct deque_orders {
  memory_order take_fence = seq_cst;
  memory_order steal_fence = seq_cst;
  memory_order push_fence = release;
  bool steals_by_exchange = true;
};

template <deque_orders Orders>
void chase_lev() {
  atomic<int> top{0}, bottom{0};
  std::array<atomic<int>, 2> items{};
  std::array<plain<int>, 2> taken;
  const auto take_item = [&](std::size_t place) {
    check(items[place].load(relaxed) == static_cast<int>(place) + 1, "the item is there");
    taken[place].write(1);  // a race, if it is taken twice
  };
  const auto push = [&](int at) {
    items[static_cast<std::size_t>(at)].store(at + 1, relaxed);
    verify::atomic_thread_fence(Orders.push_fence);
    bottom.store(at + 1, relaxed);
  };
  const auto take = [&] {
    const int last = bottom.load(relaxed) - 1;
    bottom.store(last, relaxed);
    verify::atomic_thread_fence(Orders.take_fence);
    int first = top.load(relaxed);
    if (first < last) return take_item(static_cast<std::size_t>(last));
    if (first == last && top.compare_exchange_strong(first, first + 1, seq_cst, relaxed))
      take_item(static_cast<std::size_t>(last));
    bottom.store(last + 1, relaxed);
  };
  const auto steal = [&] {
    int first = top.load(acquire);
    verify::atomic_thread_fence(Orders.steal_fence);
    if (first >= bottom.load(acquire)) return;
    if (!Orders.steals_by_exchange) {
      top.store(first + 1, seq_cst);
    } else if (!top.compare_exchange_strong(first, first + 1, seq_cst, relaxed)) {
      return;
    }
    take_item(static_cast<std::size_t>(first));
  };
  threads([&] { push(0), push(1), take(), take(); }, [&] { steal(), steal(); });
}

// Reused nodes, by index; 0 is none. With a tag that counts the changes, an old head never equals a new one.
struct tagged {
  std::uint16_t node;
  std::uint16_t tag;
  bool operator==(const tagged&) const = default;
};

// Treiber 1986; the ABA problem.
template <made How>
void treiber_stack() {
  std::array<atomic<std::uint16_t>, 3> next{};
  next[1].store(2, relaxed);
  atomic<tagged> head{{1, 0}};
  std::array<atomic<int>, 3> owners{};
  const auto changed = [](tagged from, std::uint16_t node) {
    return tagged{node, static_cast<std::uint16_t>(from.tag + (How == right ? 1 : 0))};
  };
  const auto pop = [&]() -> std::uint16_t {
    tagged seen = head.load(acquire);
    while (seen.node != 0 &&
           !head.compare_exchange_weak(seen, changed(seen, next[seen.node].load(relaxed)), acquire, acquire)) {
    }
    if (seen.node != 0) check(owners[seen.node].fetch_add(1, relaxed) == 0, "a node has one owner");
    return seen.node;
  };
  const auto push = [&](std::uint16_t node) {
    owners[node].fetch_sub(1, relaxed);
    tagged seen = head.load(relaxed);
    do next[node].store(seen.node, relaxed);
    while (!head.compare_exchange_weak(seen, changed(seen, node), release, relaxed));
  };
  threads([&] { pop(), pop(); },
          [&] {
            const std::uint16_t first = pop();
            pop();
            if (first != 0) push(first);
          });
}

// Michael and Scott 1996, its dequeue: a node is taken out, put in again, and is at the head once more.
template <made How>
void michael_scott_queue() {
  std::array<atomic<std::uint16_t>, 4> next{};
  next[1].store(2, relaxed);
  next[2].store(3, relaxed);
  atomic<tagged> head{{1, 0}};
  atomic<std::uint16_t> tail{3};
  std::array<atomic<int>, 4> owners{};
  // Leaves out the head, which is a dummy, and returns it: the next one is the dummy now.
  const auto dequeue = [&]() -> std::uint16_t {
    tagged seen = head.load(acquire);
    for (;;) {
      const std::uint16_t after = next[seen.node].load(acquire);
      if (after == 0) return 0;
      if (head.compare_exchange_weak(
              seen, {after, static_cast<std::uint16_t>(seen.tag + (How == right ? 1 : 0))}, acq_rel, acquire)) {
        check(owners[seen.node].fetch_add(1, relaxed) == 0, "a node has one owner");
        return seen.node;
      }
    }
  };
  // By one thread alone, here.
  const auto enqueue = [&](std::uint16_t node) {
    owners[node].fetch_sub(1, relaxed);
    next[node].store(0, relaxed);
    next[tail.load(relaxed)].store(node, release);
    tail.store(node, relaxed);
  };
  threads([&] { dequeue(), dequeue(); },
          [&] {
            const std::uint16_t first = dequeue();
            const std::uint16_t second = dequeue();
            if (first == 0 || second == 0) return;
            enqueue(first);
            dequeue();
          });
}

// An address does not identify an object: a freed object and a later one at the same address look the same.
// Right: an object that others may have seen is not freed while they may compare with its address.
template <made How>
void replaced_if_unchanged() {
  struct setting {
    plain<int> value;
    explicit setting(int from) : value(from) {}
  };
  atomic<setting*> current{new setting(1)};
  setting* seen = current.load(relaxed);
  setting* retired = nullptr;
  threads(
      [&] {
        auto* const mine = new setting(10);
        if (current.compare_exchange_strong(seen, mine, acq_rel)) {
          check(seen->value.read() == 1, "what is replaced is what was seen");
          delete seen;
        } else {
          delete mine;
        }
      },
      [&] {
        setting* const before = current.exchange(nullptr, acq_rel);
        if (How == right) {
          retired = before;
        } else {
          delete before;
        }
        setting* none = nullptr;
        auto* const after = new setting(2);
        if (!current.compare_exchange_strong(none, after, acq_rel)) delete after;
      });
  delete retired;
  delete current.load(relaxed);
}

// A ring whose two positions are equal both when it is full and when it is empty, because no slot is kept free.
template <made How>
void ring_of_two() {
  constexpr unsigned capacity = 2, room = How == right ? capacity - 1 : capacity;
  atomic<unsigned> head{0}, tail{0};
  std::array<plain<int>, capacity> slots;
  int received = 0;
  threads(
      [&] {
        for (int item = 1; item <= 2; ++item) {
          const unsigned at = tail.load(relaxed);
          if ((at + capacity - head.load(acquire)) % capacity == room % capacity && room != capacity) return;
          slots[at].write(item);
          tail.store((at + 1) % capacity, release);
        }
      },
      [&] {
        const unsigned at = head.load(relaxed);
        if (at == tail.load(acquire)) return;
        received = slots[at].read();
        head.store((at + 1) % capacity, release);
      });
  // What was not received is still there.
  if (received == 0) check(head.load(relaxed) != tail.load(relaxed), "no item is lost");
}

template <made How>
void counter() {
  atomic<int> count{0};
  const auto add = [&] {
    if (How == right) {
      count.fetch_add(1, relaxed);
    } else {
      count.store(count.load(relaxed) + 1, relaxed);
    }
  };
  threads(add, add);
  check(count.load(relaxed) == 2, "no add is lost");
}

// -- reclamation --

struct shared_object {
  plain<int> value{7};
};

// A reader announces what it reads, and checks again that it is still current.
template <made LooksAgain, made Fences>
void hazard_pointer() {
  atomic<shared_object*> current{new shared_object};
  atomic<shared_object*> hazard{nullptr};
  shared_object* retired = nullptr;
  threads(
      [&] {
        shared_object* found = current.load(acquire);
        hazard.store(found, order_if(Fences, seq_cst, release));
        if (LooksAgain == right && current.load(order_if(Fences, seq_cst, acquire)) != found) found = nullptr;
        if (found != nullptr) check(found->value.read() == 7);
        hazard.store(nullptr, release);
      },
      [&] {
        shared_object* const old = current.exchange(nullptr, order_if(Fences, seq_cst, acq_rel));
        if (hazard.load(order_if(Fences, seq_cst, acquire)) == old) {
          retired = old;
        } else {
          delete old;
        }
      });
  delete retired;
}

// Fraser 2004: a reader announces the epoch; what was taken out is freed when no reader is in an older one.
template <made How>
void epochs() {
  atomic<shared_object*> current{new shared_object};
  atomic<bool> inside{false};
  shared_object* retired = nullptr;
  threads(
      [&] {
        inside.store(true, relaxed);
        verify::atomic_thread_fence(order_if(How, seq_cst, acq_rel));
        if (shared_object* const found = current.load(acquire)) check(found->value.read() == 7);
        inside.store(false, release);
      },
      [&] {
        shared_object* const old = current.exchange(nullptr, acq_rel);
        verify::atomic_thread_fence(order_if(How, seq_cst, acq_rel));
        if (inside.load(acquire)) {
          retired = old;
        } else {
          delete old;
        }
      });
  delete retired;
}

// Replaces an object and frees the old one at once, without waiting for readers.
template <made How>
void read_copy_update() {
  atomic<shared_object*> current{new shared_object};
  atomic<bool> reads{true};
  threads(
      [&] {
        check(current.load(acquire)->value.read() == 7);
        reads.store(false, release);
      },
      [&] {
        shared_object* const old = current.exchange(new shared_object, acq_rel);
        while (How == right && reads.load(acquire)) yield();
        delete old;
      });
  delete current.load(relaxed);
}

template <memory_order Down>
void reference_count() {
  struct counted {
    atomic<int> references{2};
    plain<int> value{0};
  };
  auto* const shared = new counted;
  const auto release_it = [&] {
    static_cast<void>(shared->value.read());
    if (shared->references.fetch_sub(1, Down) == 1) delete shared;
  };
  threads(release_it, release_it);
}

// A weak reference is made a strong one, although the count of strong ones is 0 already.
template <made How>
void weak_reference() {
  atomic<int> strong{1};
  plain<int> value(7);
  atomic<bool> ended{false};
  threads(
      [&] {
        if (strong.fetch_sub(1, acq_rel) == 1) value.write(0), ended.store(true, release);
      },
      [&] {
        int seen = strong.load(relaxed);
        if (How == right) {
          while (seen != 0 && !strong.compare_exchange_weak(seen, seen + 1, acquire, relaxed)) {
          }
          if (seen == 0) return;
        } else {
          if (seen == 0) return;
          strong.fetch_add(1, acquire);
        }
        check(value.read() == 7, "a strong reference keeps it alive");
        if (strong.fetch_sub(1, acq_rel) == 1) value.write(0);
      });
}

// glibc 12674: the semaphore is accessed once more after the post that lets its owner destroy it.
template <made How>
void semaphore_that_is_destroyed() {
  struct semaphore {
    word value{0};
    atomic<int> waiters{0};
  };
  auto* const one = new semaphore;
  threads(
      [&] {
        const int before = one->waiters.load(seq_cst);
        one->value.store(1, seq_cst);
        if ((How == right ? before : one->waiters.load(seq_cst)) != 0) one->value.notify_one();
      },
      [&] {
        while (one->value.load(seq_cst) == 0) yield();
        delete one;
      });
}

// -- sleeping --

template <made Announces, made Order>
void event_count() {
  word epoch{0};
  atomic<int> waiters{0};
  atomic<bool> ready{false};
  threads(
      [&] {
        const std::uint32_t seen = epoch.load(acquire);
        if (Announces == right) waiters.fetch_add(1, order_if(Order, seq_cst, relaxed));
        if (!ready.load(order_if(Order, seq_cst, relaxed))) {
          // Wrong: a thread that makes it ready in between sees no waiter to wake.
          if (Announces == wrong) waiters.fetch_add(1, seq_cst);
          epoch.wait(seen);
        }
      },
      [&] {
        ready.store(true, order_if(Order, seq_cst, relaxed));
        if (waiters.load(order_if(Order, seq_cst, relaxed)) == 0) return;
        epoch.fetch_add(1, release);
        epoch.notify_all();
      });
}

// The sequence has to be read while the mutex is held; otherwise a signal may be lost in between.
template <made How>
void condition_variable_of_a_sequence() {
  mutex guard;
  word sequence{0};
  bool ready = false;
  threads(
      [&] {
        guard.lock();
        while (!ready) {
          std::uint32_t seen = How == right ? sequence.load(relaxed) : 0;
          guard.unlock();
          if (How == wrong) seen = sequence.load(relaxed);
          sequence.wait(seen);
          guard.lock();
        }
        guard.unlock();
      },
      [&] {
        guard.lock();
        ready = true;
        guard.unlock();
        sequence.fetch_add(1, relaxed);
        sequence.notify_one();
      });
}

// The flag is set without the mutex: between the waiting thread's look at it and its sleep, the signal is lost.
template <made How>
void signal_without_the_lock() {
  mutex guard;
  verify::condition_variable changed;
  atomic<bool> ready{false};
  threads(
      [&] {
        verify::unique_lock lock(guard);
        changed.wait(lock, [&] { return ready.load(relaxed); });
      },
      [&] {
        verify::unique_lock lock(guard, verify::defer_lock);
        if (How == right) lock.lock();
        ready.store(true, relaxed);
        if (How == right) lock.unlock();
        changed.notify_one();
      });
}

// After a spurious wake-up, it continues without checking its condition.
template <made How>
void wake_up_for_no_reason() {
  mutex guard;
  verify::condition_variable changed;
  plain<bool> ready(false);
  threads(
      [&] {
        verify::unique_lock lock(guard);
        if (How == right) {
          while (!ready.read()) changed.wait(lock);
        } else {
          if (!ready.read()) changed.wait(lock);
        }
        check(ready.read(), "it is ready");
      },
      [&] {
        {
          const verify::lock_guard lock(guard);
          ready.write(true);
        }
        changed.notify_one();
      });
}

template <made How>
void stop_flag() {
  word stopped{0};
  threads([&] { stopped.wait(0, acquire); },
          [&] {
            stopped.store(1, release);
            if (How == right) stopped.notify_all();
          });
}

// One of two waiters is woken, perhaps the one whose condition is not true.
template <made How>
void wakes_one_of_two_kinds() {
  word state{0};
  const auto wait_for = [&](std::uint32_t wanted) {
    return [&, wanted] {
      for (std::uint32_t seen = state.load(acquire); seen < wanted; seen = state.load(acquire))
        state.wait(seen);
    };
  };
  threads(wait_for(1), wait_for(2), [&] {
    for (std::uint32_t next = 1; next <= 2; ++next) {
      state.store(next, release);
      if (How == right) {
        state.notify_all();
      } else {
        state.notify_one();
      }
    }
  });
}

// Used twice: without a phase for each round, a fast thread passes the second round on the count of the first.
template <made Phase, memory_order Arrive>
void barrier() {
  constexpr unsigned parties = 2;
  atomic<unsigned> arrived{0}, phase{0};
  std::array<plain<int>, parties> rounds;
  const auto wait = [&] {
    const unsigned mine = phase.load(relaxed);
    if (arrived.fetch_add(1, Arrive) + 1 == parties) {
      arrived.store(0, relaxed);
      if (Phase == right) phase.store(mine + 1, release);
    } else if (Phase == right) {
      while (phase.load(acquire) == mine) yield();
    } else {
      while (arrived.load(acquire) != 0) yield();
    }
  };
  const auto run = [&](std::size_t self) {
    return [&, self] {
      for (int round = 1; round <= 2; ++round) {
        rounds[self].write(round);
        wait();
        check(rounds[1 - self].read() == round, "both are in the same round");
        wait();
      }
    };
  };
  threads(run(0), run(1));
}

struct known_bug {
  std::string name;
  void (*without)();
  void (*with)();
};

void PrintTo(const known_bug& each, std::ostream* out) {
  *out << each.name;
}

constexpr deque_orders good_deque{};

const known_bug bugs[] = {
    {"peterson_by_acquire_and_release", guards_a_sum<peterson_lock<right>>, guards_a_sum<peterson_lock<wrong>>},
    {"dekker_by_acquire_and_release", dekker<right>, dekker<wrong>},
    {"bakery_without_choosing", guards_a_sum<bakery_lock<right>>, guards_a_sum<bakery_lock<wrong>>},
    {"lock_tested_then_set", guards_a_sum<test_and_set_lock<right>>, guards_a_sum<test_and_set_lock<wrong>>},
    {"ticket_drawn_in_two_steps", guards_a_sum<ticket_lock<right, right>>,
     guards_a_sum<ticket_lock<wrong, right>>},
    {"ticket_handed_over_relaxed", guards_a_sum<ticket_lock<right, right>>,
     guards_a_sum<ticket_lock<right, wrong>>},
    {"mcs_unlock_forgets_a_successor", guards_a_sum<mcs_lock<right, right>>,
     guards_a_sum<mcs_lock<wrong, right>>},
    {"mcs_handed_over_relaxed", guards_a_sum<mcs_lock<right, right>>, guards_a_sum<mcs_lock<right, wrong>>},
    {"futex_mutex_forgets_other_sleepers", three_lock_a_futex_mutex<right>, three_lock_a_futex_mutex<wrong>},
    {"futex_mutex_wakes_before_it_unlocks", guards_a_sum<futex_mutex<right, right>>,
     guards_a_sum<futex_mutex<right, wrong>>},
    {"deadlock_of_two_locks", two_locks_in_two_orders<right>, two_locks_in_two_orders<wrong>},
    {"readers_and_a_writer_miss_each_other", readers_and_a_writer<right>, readers_and_a_writer<wrong>},
    {"deadlock_of_two_upgrades", two_readers_upgrade<right>, two_readers_upgrade<wrong>},
    {"double_checked_locking_loads_relaxed", double_checked_locking<acquire, release>,
     double_checked_locking<relaxed, release>},
    {"double_checked_locking_stores_relaxed", double_checked_locking<acquire, release>,
     double_checked_locking<acquire, relaxed>},
    {"once_done_before_it_is", call_once<right>, call_once<wrong>},
    {"sequence_lock_without_reader_fence", sequence_lock<right, right>, sequence_lock<wrong, right>},
    {"sequence_lock_without_writer_fence", sequence_lock<right, right>, sequence_lock<right, wrong>},
    {"sequence_lock_read_while_written", sequence_lock_odd<right>, sequence_lock_odd<wrong>},
    {"chase_lev_take_without_fence", chase_lev<good_deque>, chase_lev<deque_orders{.take_fence = acq_rel}>},
    {"chase_lev_steal_without_fence", chase_lev<good_deque>, chase_lev<deque_orders{.steal_fence = acq_rel}>},
    {"chase_lev_push_without_fence", chase_lev<good_deque>, chase_lev<deque_orders{.push_fence = relaxed}>},
    {"chase_lev_steal_without_exchange", chase_lev<good_deque>,
     chase_lev<deque_orders{.steals_by_exchange = false}>},
    {"treiber_aba", treiber_stack<right>, treiber_stack<wrong>},
    {"michael_scott_aba", michael_scott_queue<right>, michael_scott_queue<wrong>},
    {"address_used_again", replaced_if_unchanged<right>, replaced_if_unchanged<wrong>},
    {"full_ring_looks_empty", ring_of_two<right>, ring_of_two<wrong>},
    {"counter_in_two_steps", counter<right>, counter<wrong>},
    {"hazard_pointer_not_looked_at_again", hazard_pointer<right, right>, hazard_pointer<wrong, right>},
    {"hazard_pointer_by_acquire_and_release", hazard_pointer<right, right>, hazard_pointer<right, wrong>},
    {"epoch_announced_without_fence", epochs<right>, epochs<wrong>},
    {"freed_without_a_grace_period", read_copy_update<right>, read_copy_update<wrong>},
    {"reference_count_down_relaxed", reference_count<acq_rel>, reference_count<relaxed>},
    {"reference_count_down_without_acquire", reference_count<acq_rel>, reference_count<release>},
    {"weak_reference_brings_back_the_dead", weak_reference<right>, weak_reference<wrong>},
    {"semaphore_used_after_its_wake_up", semaphore_that_is_destroyed<right>,
     semaphore_that_is_destroyed<wrong>},
    {"event_count_announced_too_late", event_count<right, right>, event_count<wrong, right>},
    {"event_count_relaxed", event_count<right, right>, event_count<right, wrong>},
    {"condition_variable_loses_a_signal", condition_variable_of_a_sequence<right>,
     condition_variable_of_a_sequence<wrong>},
    {"signal_without_the_lock", signal_without_the_lock<right>, signal_without_the_lock<wrong>},
    {"wake_up_for_no_reason", wake_up_for_no_reason<right>, wake_up_for_no_reason<wrong>},
    {"stop_flag_wakes_nobody", stop_flag<right>, stop_flag<wrong>},
    {"one_of_two_kinds_is_woken", wakes_one_of_two_kinds<right>, wakes_one_of_two_kinds<wrong>},
    {"barrier_used_again", barrier<right, acq_rel>, barrier<wrong, acq_rel>},
    {"barrier_relaxed", barrier<right, acq_rel>, barrier<right, relaxed>},
};

class known_bugs : public testing::TestWithParam<known_bug> {};

TEST_P(known_bugs, are_found) {
  const verify::report found = verify::explore(GetParam().with);
  model::figures::add("known_bug", found, !found.passed(), GetParam().name);
  EXPECT_FALSE(found);
  if (!found) std::cout << "             " << found.failure << '\n';
}

TEST_P(known_bugs, are_not_found_where_there_are_none) {
  const verify::report found = verify::explore(GetParam().without);
  model::figures::add("known_bug_mended", found, found.passed(), GetParam().name);
  EXPECT_TRUE(found) << found;
  EXPECT_TRUE(found.complete) << found;
}

// From the start of a search to its report, with the trace.
TEST(known_bugs_at_once, are_found_by_default) {
  std::vector<double> seconds;
  for (const known_bug& each : bugs) {
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_FALSE(verify::explore(each.with)) << each.name;
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  std::ranges::sort(seconds);
  const double median = seconds[seconds.size() / 2];
  std::cout << "time to the first failure of " << seconds.size() << " known bugs: median " << median * 1e3
            << " ms, longest " << seconds.back() * 1e3 << " ms\n";
  EXPECT_LT(median, 0.1);
}

INSTANTIATE_TEST_SUITE_P(literature, known_bugs, testing::ValuesIn(bugs),
                         [](const auto& test) { return test.param.name; });

}  // namespace
