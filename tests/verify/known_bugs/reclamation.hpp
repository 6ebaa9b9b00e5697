// SPDX-License-Identifier: MIT
// Objects that are freed while another thread uses them.
#pragma once

#include <verify/verify.hpp>

#include "verify/known_bugs/made.hpp"

namespace mistakes {

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

}  // namespace mistakes
