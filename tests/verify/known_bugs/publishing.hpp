// SPDX-License-Identifier: MIT
// Values that are read before they have been written.
#pragma once

#include <verify/verify.hpp>

#include "verify/known_bugs/made.hpp"

namespace mistakes {

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

}  // namespace mistakes
