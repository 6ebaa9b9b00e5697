// SPDX-License-Identifier: MIT
// Coroutines for tests: one that can be asked whether it has returned, and executors.
#pragma once

#include <atomic>
#include <condition_variable>
#include <coroutine>
#include <cstddef>
#include <deque>
#include <exception>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace coroutines {

// Starts at once. Its frame lives as long as this.
class task {
 public:
  // Nothing runs in the frame once it has said so.
  struct returning {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> frame) noexcept {
      frame.promise().has_returned = true;
    }
    void await_resume() noexcept {}
  };

  struct promise_type {
    std::exception_ptr thrown;
    std::atomic<bool> has_returned = false;

    task get_return_object() { return task(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_never initial_suspend() noexcept { return {}; }
    returning final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { thrown = std::current_exception(); }
  };

  task(task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  task& operator=(task&&) = delete;
  ~task() { destroy(); }

  void destroy() {
    if (frame_) std::exchange(frame_, nullptr).destroy();
  }

  bool has_returned() const { return frame_.promise().has_returned; }
  // Once it has returned.
  void rethrow() const {
    if (frame_.promise().thrown) std::rethrow_exception(frame_.promise().thrown);
  }

 private:
  explicit task(std::coroutine_handle<promise_type> frame) : frame_(frame) {}

  std::coroutine_handle<promise_type> frame_;
};

// Resumes when it is told to.
class by_hand {
 public:
  void post(std::coroutine_handle<> waiting) {
    const std::scoped_lock hold(lock_);
    ready_.push_back(waiting);
  }
  // Returns how many.
  std::size_t resume_all() {
    std::size_t count = 0;
    while (const std::coroutine_handle<> next = take()) {
      ++count;
      next.resume();
    }
    return count;
  }

 private:
  std::coroutine_handle<> take() {
    const std::scoped_lock hold(lock_);
    if (ready_.empty()) return nullptr;
    const std::coroutine_handle<> next = ready_.front();
    ready_.pop_front();
    return next;
  }

  std::mutex lock_;
  std::deque<std::coroutine_handle<>> ready_;
};

// Threads that resume. The destructor waits until nothing is left to resume.
class thread_pool {
 public:
  explicit thread_pool(std::size_t threads = 1) {
    for (std::size_t i = 0; i != threads; ++i)
      threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
  }

  void post(std::coroutine_handle<> waiting) {
    {
      const std::scoped_lock hold(lock_);
      ready_.push_back(waiting);
    }
    has_some_.notify_one();
  }

 private:
  void work(const std::stop_token& stop) {
    for (;;) {
      std::unique_lock hold(lock_);
      if (!has_some_.wait(hold, stop, [this] { return !ready_.empty(); })) return;
      const std::coroutine_handle<> next = ready_.front();
      ready_.pop_front();
      hold.unlock();
      next.resume();
    }
  }

  std::mutex lock_;
  std::condition_variable_any has_some_;
  std::deque<std::coroutine_handle<>> ready_;
  std::deque<std::jthread> threads_;  // last, because they use the others
};

}  // namespace coroutines
