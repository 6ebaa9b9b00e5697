// SPDX-License-Identifier: MIT
// queue_end: this process's end of a queue at the server, in bytes. Programs use remote::queue<T>, which is a
// few lines over it and says what each operation promises.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <plait/conqueue_status.hpp>
#include <plait/remote/connection.hpp>
#include <plait/remote/queue_options.hpp>
#include <plait/remote/wait_limits.hpp>

namespace plait::remote {

enum class item_order {
  of_pushes,    // first in, first out
  by_priority,  // by the bytes; of those, the server replaces the second eight by the number of the push
};

// One item that was handed out, and where the server finds it.
struct delivered_item {
  std::string payload;
  std::uint64_t take = 0, index = 0;  // the call that took it, and its place there, from 1
  std::uint64_t deliveries = 1, token = 0;
};

// What the server said of a queue at the end of a call.
struct queue_state {
  bool closed = false;
  std::uint64_t items = 0, unfinished = 0;
  std::int64_t room = -1;  // -1: no bound
};

class queue_end {
 public:
  queue_end() = default;
  queue_end(const queue_end&) = delete;
  queue_end& operator=(const queue_end&) = delete;
  virtual ~queue_end() = default;

  // Pushes the values in order; success if all went in, otherwise `accepted` of them. `waits`: until there is
  // room.
  virtual conqueue_status push(std::vector<std::string> values, std::size_t& accepted, bool waits,
                               const wait_limits& limits) = 0;
  // At least one item and at most `most`; none unless it is success.
  virtual conqueue_status take(std::vector<delivered_item>& items, std::size_t most, bool waits,
                               const wait_limits& limits) = 0;

  // One of these for each item, once.
  virtual void done(const delivered_item& item) = 0;
  virtual bool done_for_sure(const delivered_item& item) = 0;  // waits; false: the lease was lost before
  virtual void give_back(const delivered_item& item) = 0;
  virtual void bury(const delivered_item& item, std::string reason) = 0;  // among the dead letters

  virtual std::uint64_t lost_leases() = 0;
  virtual bool lease_may_be_over() = 0;

  // For task_done(): what a thread has popped and not finished, oldest first. Throws std::logic_error if
  // there is nothing.
  virtual void remember(delivered_item item) = 0;
  virtual delivered_item oldest_of_this_thread() = 0;

  virtual void close() = 0;
  virtual std::size_t close_and_discard() = 0;
  virtual void expire_after(std::chrono::seconds time) = 0;
  virtual queue_state look() = 0;
  virtual conqueue_status join(const wait_limits& limits) = 0;

  // Acknowledges what is done, gives back what is not, and says goodbye, within call_timeout.
  virtual void leave() = 0;
};

// Throws error, or std::invalid_argument for a name that is empty or has braces in it.
std::shared_ptr<queue_end> open_queue(session& at, std::string_view name, const queue_options& options,
                                      item_order order);

}  // namespace plait::remote
