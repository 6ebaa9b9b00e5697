// SPDX-License-Identifier: MIT
// The exported functions of a shared library that is built with -fvisibility=hidden.
#pragma once

#include <atomic>
#include <mutex>

#include <plait/counter.hpp>
#include <plait/hazard_pointer.hpp>
#include <plait/keyed_counter.hpp>
#include <plait/lock_order.hpp>
#include <plait/thread_specific.hpp>
#include <plait/unbounded_queue.hpp>

#define EXPORTED extern "C" __attribute__((visibility("default")))

struct __attribute__((visibility("default"))) node : plait::hazard_pointer_obj_base<node> {
  explicit node(std::atomic<int>& left) : alive(left) { ++alive; }
  ~node() { --alive; }
  node(const node&) = delete;
  node& operator=(const node&) = delete;
  std::atomic<int>& alive;
};

EXPORTED void library_add(plait::counter& counter, int count);
EXPORTED long library_load(const plait::counter& counter);
EXPORTED void library_count(plait::keyed_counter<int>& counter, int key);
EXPORTED node* library_protect(plait::hazard_pointer& guard, const std::atomic<node*>& source);
EXPORTED void library_retire(node& object);
EXPORTED void library_nest(plait::checked<std::mutex>& outer, plait::checked<std::mutex>& inner);
EXPORTED int* library_get(plait::thread_specific<int>& values);
EXPORTED long library_sum(const plait::thread_specific<int>& values);
EXPORTED void library_push(plait::unbounded_queue<int>& queue, int count);
EXPORTED long library_pop(plait::unbounded_queue<int>& queue, int count);
// Adds to a counter of the library's own, retires an object, and makes the calling thread a value.
EXPORTED long library_use_its_own();
