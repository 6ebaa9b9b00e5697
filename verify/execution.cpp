// SPDX-License-Identifier: MIT
// The execution as a whole, its threads and its heap. What threads do to memory is in operations.cpp.
#include "execution.hpp"

#include <cstdlib>
#include <exception>
#include <utility>

namespace verify::detail {

void execution::run(const rules& rules, strategy& chooser, trace* record, thread_body body, void* argument) {
  memory_.reset();
  memory_.tick(0);
  heap_.reset(rules.fail_allocation);
  reuses_left_ = rules.reused_addresses;
  calls_back_ = false;
  has_process_wide_fence = true;
  ++executions_;

  execution* const outer = std::exchange(current_, this);
  const std::terminate_handler before = std::set_terminate([] {
    if (current_ == nullptr) std::abort();
    current_->fail("std::terminate was called");
  });
  run_threads(rules, chooser, record, body, argument);
  std::set_terminate(before);
  current_ = outer;

  if (memory_.is_out_of_stamps())
    failure_ = "too long: a thread has used atomics and plain data more than " +
               std::to_string(last_stamp - 1) + " times";
  if (failure_.empty() && !was_cut_short() && rules_.frozen_thread < 0)
    if (const unsigned leaked = heap_.leaked_blocks(memory_); leaked != 0)
      failure_ = "memory leak: " + std::to_string(leaked) + " of " + std::to_string(allocations()) +
                 " allocations were never freed";
}

unsigned execution::spawn(thread_body body, void* argument) {
  const unsigned made = scheduler::spawn(body, argument);
  memory_.tick(running_);
  memory_.order_threads(running_, made);
  memory_.tick(made);
  return made;
}

void execution::join(thread_set threads, const site& where) {
  scheduler::join(threads, where);
  for (unsigned i = 0; i != thread_count_; ++i)
    if ((threads >> i & 1) != 0) memory_.order_threads(i, running_);
}

void* execution::object_of(unsigned thread, const void* key, std::size_t size, std::size_t alignment,
                           void (*construct)(void*)) {
  view& own = memory_.view_of(running_);
  if (const heap::own_object* const found = heap_.find_own(thread, key)) {
    own.join(found->constructed);  // as the guard of a static variable orders it
    return found->object;
  }
  if (thread == nobody) step_.everything();
  void* const made = heap_.room_for_own(size, alignment);
  const undisturbed alone(*this);
  construct(made);
  memory_.tick(running_);
  heap_.add_own({key, thread, made, size, own});
  return made;
}

execution::call_begin execution::begin_call() const noexcept {
  const vector_clock& known = memory_.view_of(running_).clock;
  return {known, known[running_], standstills_};
}

execution::call_end execution::end_call(const call_begin& began) noexcept {
  stamp when = memory_.view_of(running_).clock[running_];
  if (when == began.own) when = memory_.tick(running_);  // no step: no other thread can know of this one
  return {running_, when, standstills_};
}

void* execution::allocate(std::size_t size, std::size_t alignment) {
  if (rules_.fail_allocation != 0) step_.everything();
  if (reuses_left_ != 0 && heap_.can_reuse(size, alignment)) {
    step_.everything();
    if (ask(2, cost::reuse) != 0) {
      --reuses_left_;
      return heap_.reuse(size, alignment, memory_.view_of(running_));
    }
  }
  return heap_.allocate(size, alignment);
}

void execution::deallocate(void* memory, const void* return_address) {
  called_from(return_address);
  const heap::wrong_free wrong = heap_.deallocate(memory, memory_, memory_.view_of(running_));
  const site here;
  if (wrong.what != nullptr) {
    std::string text;
    {
      const untracked own;
      text = *wrong.what != '\0'
                 ? wrong.what
                 : "freed, although nothing orders the use of " + name_of(wrong.used) + " by T" +
                       std::to_string(wrong.thread) +
                       other_side(wrong.thread, wrong.used, sizeof(std::byte), false) + " before it";
    }
    fail(text, &here);
  }
  if (trace_ != nullptr) {
    const untracked own;
    trace_->add_free(running_, return_address, memory, heap_.size_of(memory));
  }
  step_.everything();
}

void execution::name(const void* begin, std::size_t size, std::string_view called) {
  if (trace_ == nullptr) return;
  const untracked own;
  trace_->name(begin, size, std::string(called));
}

std::string execution::name_of(const void* object) {
  if (trace_ != nullptr)
    if (std::string given = trace_->name_of(object); !given.empty()) return given;
  if (const location* const atomic = memory_.find(object)) return '#' + std::to_string(atomic->number);
  return "data " + std::to_string(heap_.number_of_plain(object, false));
}

std::string execution::other_side(unsigned thread, const void* object, std::size_t size, bool writes_only) {
  return trace_ != nullptr ? trace_->other_side(thread, object, size, writes_only) : std::string();
}

}  // namespace verify::detail
