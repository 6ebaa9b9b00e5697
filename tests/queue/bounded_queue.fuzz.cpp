// SPDX-License-Identifier: MIT
// Any sequence of operations by one thread, compared with a deque. The items own memory, so the sanitizers see
// one that is lost, destroyed twice or never constructed.
#include <algorithm>
#include <chrono>
#include <deque>
#include <expected>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <plait/bounded_queue.hpp>

#include "support/fuzz.hpp"

namespace {

using fuzz::require;
using plait::conqueue_status;
using item = std::shared_ptr<int>;

// A single thread never finds the queue busy, and must not wait for ever: it uses the calls that do not wait,
// and the others only when they need not wait.
class run {
 public:
  explicit run(std::size_t capacity) : queue_(capacity) {}

  void step(fuzz::input& in) {
    switch (in.below(10)) {
      case 0:
        return try_push();
      case 1:
        return try_pop();
      case 2:
        return push_if_it_returns();
      case 3:
        return pop_if_it_returns();
      case 4:
        return try_push_n(in.below(20), in.flag());
      case 5:
        return try_pop_n(in.below(20), in.flag());
      case 6:
        return time_out();
      case 7:
        return task_done();
      case 8:
        if (in.below(8) != 0) return;
        queue_.close();
        closed_ = true;
        return;
      default:
        if (in.below(8) != 0) return;
        require(queue_.close_and_discard() == model_.size(), "close_and_discard() says how many there were");
        unfinished_ -= model_.size();
        model_.clear();
        closed_ = true;
    }
  }

  void compare() const {
    require(queue_.size() == model_.size(), "size() is exact when quiet");
    require(queue_.is_closed() == closed_, "is_closed()");
    require(queue_.unfinished_tasks() == unfinished_, "unfinished_tasks() is exact when quiet");
  }

 private:
  bool full() const { return model_.size() == queue_.capacity(); }
  conqueue_status expected_of_push() const {
    return closed_ ? conqueue_status::closed : full() ? conqueue_status::full : conqueue_status::success;
  }
  conqueue_status expected_of_pop() const {
    if (!model_.empty()) return conqueue_status::success;
    return closed_ ? conqueue_status::closed : conqueue_status::empty;
  }

  void pushed(int value) {
    model_.push_back(value);
    ++unfinished_;
  }
  void popped(int value) {
    require(!model_.empty() && value == model_.front(), "first in, first out");
    model_.pop_front();
  }

  void try_push() {
    const conqueue_status expected = expected_of_push();
    item value = std::make_shared<int>(next_);
    require(queue_.try_push(std::move(value)) == expected, "try_push() says success, full or closed");
    require((value == nullptr) == (expected == conqueue_status::success), "a value not taken is untouched");
    if (expected == conqueue_status::success) pushed(next_++);
  }

  void try_pop() {
    const conqueue_status expected = expected_of_pop();
    const std::expected<item, conqueue_status> value = queue_.try_pop();
    require((value ? conqueue_status::success : value.error()) == expected,
            "try_pop() says success, empty or closed");
    if (value) popped(**value);
  }

  void push_if_it_returns() {
    if (full() && !closed_) return;
    const bool taken = queue_.push(std::make_shared<int>(next_));
    require(taken == !closed_, "push() fails on a closed queue alone");
    if (taken) pushed(next_++);
  }

  void pop_if_it_returns() {
    if (model_.empty() && !closed_) return;
    const std::optional<item> value = queue_.pop();
    require(value.has_value() == !model_.empty(), "pop() drains a closed queue");
    if (value) popped(**value);
  }

  // Contiguous slots are claimed at once if iterating over the values cannot throw, otherwise one by one.
  void try_push_n(std::size_t count, bool at_once) {
    std::vector<item> values;
    for (std::size_t i = 0; i != count; ++i)
      values.push_back(std::make_shared<int>(next_ + static_cast<int>(i)));
    const std::size_t room = closed_ ? 0 : queue_.capacity() - model_.size();
    const std::size_t taken = at_once ? queue_.try_push_n(values.data(), count)
                                      : queue_.try_push_n(std::move_iterator(values.begin()), count);
    require(taken == std::min(count, room), "try_push_n() takes what there is room for");
    for (std::size_t i = 0; i != count; ++i)
      require(values[i].use_count() == (i >= taken ? 1 : at_once ? 2 : 0), "and leaves the rest untouched");
    for (std::size_t i = 0; i != taken; ++i) pushed(next_++);
  }

  void try_pop_n(std::size_t most, bool at_once) {
    std::vector<item> values(at_once ? most : 0);
    const std::size_t taken =
        at_once ? queue_.try_pop_n(values.data(), most) : queue_.try_pop_n(std::back_inserter(values), most);
    require(taken == std::min(most, model_.size()), "try_pop_n() takes all it may");
    for (std::size_t i = 0; i != taken; ++i) popped(*values[i]);
  }

  // With a deadline that has passed, timed calls do not wait.
  void time_out() {
    const conqueue_status pushing = expected_of_push();
    const conqueue_status status = queue_.try_push_for(std::make_shared<int>(next_), std::chrono::seconds(-1));
    require(status == pushing, "try_push_for() tries once");
    if (status == conqueue_status::success) pushed(next_++);
    const conqueue_status popping = expected_of_pop();
    const auto value = queue_.try_pop_for(std::chrono::nanoseconds(0));
    require((value ? conqueue_status::success : value.error()) == popping, "try_pop_for() tries once");
    if (value) popped(**value);
  }

  // Only for an item that was popped; without one, it is refused.
  void task_done() {
    if (unfinished_ == model_.size() && unfinished_ != 0) return;
    try {
      queue_.task_done();
      require(unfinished_ != 0, "task_done() is refused when all is done");
      --unfinished_;
    } catch (const std::logic_error&) {
      require(unfinished_ == 0, "task_done() is refused only when all is done");
    }
    if (unfinished_ == 0) queue_.join();
  }

  plait::bounded_queue<item> queue_;
  std::deque<int> model_;
  std::size_t unfinished_ = 0;
  bool closed_ = false;
  int next_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  run queue(1 + in.below(20));
  while (!in.empty()) {
    queue.step(in);
    queue.compare();
  }
  return 0;
}
