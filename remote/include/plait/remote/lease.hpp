// SPDX-License-Identifier: MIT
// lease<T>: an item that was popped and is not finished. It may change threads; it must not outlive its queue.
//
// The lease lasts as long as the process is heard of: the connection's thread renews it, whatever the others
// do. Destroying a lease that was neither done nor given back gives it back.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include <plait/remote/queue_end.hpp>

namespace plait::remote {

template <class T>
class lease {
 public:
  lease(std::shared_ptr<queue_end> from, delivered_item item, T value)
      : from_(std::move(from)), item_(std::move(item)), value_(std::move(value)) {}
  lease(lease&& other) noexcept = default;
  lease& operator=(lease&& other) noexcept {
    lease old(std::move(*this));
    from_ = std::move(other.from_);
    item_ = std::move(other.item_);
    value_ = std::move(other.value_);
    return *this;
  }
  ~lease() {
    try {
      give_back();
    } catch (...) {  // NOLINT(bugprone-empty-catch): the server gives it back when our lease is over
    }
  }

  T& operator*() noexcept { return value_; }
  const T& operator*() const noexcept { return value_; }
  T* operator->() noexcept { return std::addressof(value_); }
  const T* operator->() const noexcept { return std::addressof(value_); }

  // The item is finished. Does not wait: the server learns of it with the next call, within a millisecond or
  // so.
  void done() {
    if (const auto from = std::exchange(from_, nullptr)) from->done(item_);
  }
  // Waits until the server knows. False: the lease was lost before, and somebody else has the item, or will.
  [[nodiscard]] bool done_for_sure() {
    const auto from = std::exchange(from_, nullptr);
    return from && from->done_for_sure(item_);
  }
  // Somebody else shall have it, before the items that nobody has had.
  void give_back() {
    if (const auto from = std::exchange(from_, nullptr)) from->give_back(item_);
  }

  // How often the item was handed out, this time included.
  [[nodiscard]] std::uint64_t deliveries() const noexcept { return item_.deliveries; }
  // Grows with every delivery of the queue: a resource that refuses smaller ones than it has seen is safe
  // from a worker that lost its lease without noticing.
  [[nodiscard]] std::uint64_t token() const noexcept { return item_.token; }
  // Whether the server has not been heard of for so long that it may have given the item to somebody else.
  [[nodiscard]] bool may_be_lost() const { return !from_ || from_->lease_may_be_over(); }

 private:
  std::shared_ptr<queue_end> from_;  // null: done or given back
  delivered_item item_;
  T value_;
};

}  // namespace plait::remote
