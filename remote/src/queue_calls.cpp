// SPDX-License-Identifier: MIT
#include "queue_calls.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "server_state.hpp"

namespace plait::remote {
namespace {

void add_words(std::vector<std::string>& words, auto&&... some) {
  (words.emplace_back(std::forward<decltype(some)>(some)), ...);
}

void add_operation(std::vector<std::string>& words, const char* name, auto&&... arguments) {
  add_words(words, name, std::to_string(sizeof...(arguments)), std::forward<decltype(arguments)>(arguments)...);
}

}  // namespace

std::shared_ptr<queue_end> open_queue(session& at, std::string_view name, const queue_options& options,
                                      item_order order) {
  return queue_calls::make(at, name, options, order);
}

std::shared_ptr<queue_calls> queue_calls::make(session& session, std::string_view name,
                                               const queue_options& options, item_order order) {
  std::shared_ptr<queue_calls> made(new queue_calls(session, options, order));
  made->key_ = key_of(name, "m");
  made->name_ = session.unique_name();
  session.add(made, made->name_);
  made->look();  // opens it, and throws if that fails
  return made;
}

// What callers do.

conqueue_status queue_calls::push(std::vector<std::string> values, std::size_t& accepted, bool waits,
                                  const wait_limits& limits) {
  accepted = 0;
  if (values.empty()) return conqueue_status::success;
  if (!waits && !session_.is_connected()) return conqueue_status::busy;
  const clock::duration patience = session_.options().call_timeout;
  const auto mine = std::make_shared<push_request>();
  mine->values = std::move(values);
  mine->waits = waits;
  std::unique_lock lock(mutex_);
  throw_failure();
  pushes_.push_back(mine);
  carry_out(lock, *mine);
  if (!mine->wait(lock, limits, patience)) {
    // A call that is on its way may carry it: then only its answer says whether it was accepted.
    const bool landed = mine->wait_until_landed(lock, patience);
    if (!mine->is_settled()) {
      mine->abandon();
      forget(pushes_, mine);
    }
    if (!landed)
      throw error(errc::outcome_unknown,
                  "plait::remote::queue: no answer to a push: it may have been carried out");
  }
  accepted = mine->accepted;
  if (mine->is_settled()) return mine->status();
  if (limits.stop.stop_requested()) return conqueue_status::stopped;
  return mine->was_answered() ? conqueue_status::full : conqueue_status::busy;
}

conqueue_status queue_calls::take(std::vector<delivered_item>& items, std::size_t most, bool waits,
                                  const wait_limits& limits) {
  if (!waits && !session_.is_connected()) return conqueue_status::busy;
  const auto mine = std::make_shared<take_request>();
  mine->most = most;
  mine->waits = waits;
  std::unique_lock lock(mutex_);
  throw_failure();
  while (!stranded_.empty() && items.size() < most) {
    items.push_back(std::move(stranded_.front()));
    stranded_.pop_front();
  }
  if (!items.empty()) return conqueue_status::success;
  takes_.push_back(mine);
  carry_out(lock, *mine);
  if (!mine->wait(lock, limits, session_.options().call_timeout, [&] { await_message(lock, *mine, limits); })) {
    // What a call that is on its way brings for it goes to the next caller, or back.
    mine->abandon();
    forget(takes_, mine);
    withdraw(lock);
    if (limits.stop.stop_requested()) return conqueue_status::stopped;
    return mine->was_answered() ? conqueue_status::empty : conqueue_status::busy;
  }
  items = std::move(mine->items);
  return mine->status();
}

void queue_calls::done(const delivered_item& item) {
  std::unique_lock lock(mutex_);
  throw_failure();
  if (leaving_) return;
  finish(item.take, item.index);
  const clock::time_point by = acknowledge_by_;
  lock.unlock();  // the thread, once woken, wants it too
  session_.look_by(by);
}

bool queue_calls::done_for_sure(const delivered_item& item) {
  const auto mine = std::make_shared<acknowledgement>();
  std::unique_lock lock(mutex_);
  throw_failure();
  if (leaving_) return false;
  finish(item.take, item.index, mine);
  carry_out(lock, *mine);
  mine->wait(lock, wait_limits::none(), {});
  return mine->status() == conqueue_status::success;
}

void queue_calls::give_back(const delivered_item& item, std::string how) {
  std::unique_lock lock(mutex_);
  throw_failure();
  if (leaving_) return;
  returned_.push_back({item.take, item.index, std::move(how)});
  asked_ = true;
  lock.unlock();
  session_.notify();
}

std::uint64_t queue_calls::lost_leases() {
  const std::lock_guard lock(mutex_);
  return lost_leases_;
}

bool queue_calls::lease_may_be_over() {
  const std::lock_guard lock(mutex_);
  return failure_.has_value() || clock::now() >= renewed_ + session_.options().lease;
}

void queue_calls::remember(delivered_item item) {
  const std::lock_guard lock(mutex_);
  item.payload.clear();
  unfinished_[std::this_thread::get_id()].push_back(std::move(item));
}

delivered_item queue_calls::oldest_of_this_thread() {
  const std::lock_guard lock(mutex_);
  const auto mine = unfinished_.find(std::this_thread::get_id());
  if (mine == unfinished_.end())
    throw std::logic_error(
        "plait::remote::queue: task_done() by a thread that has popped nothing, or finished it all");
  delivered_item oldest = std::move(mine->second.front());
  mine->second.pop_front();
  if (mine->second.empty()) unfinished_.erase(mine);
  return oldest;
}

std::size_t queue_calls::close_and_discard() {
  close();
  return static_cast<std::size_t>(ask({"discard"})->result);
}

std::shared_ptr<queue_calls::question> queue_calls::ask(std::vector<std::string> what) {
  const auto mine = std::make_shared<question>();
  mine->what = std::move(what);
  std::unique_lock lock(mutex_);
  throw_failure();
  questions_.push_back(mine);
  carry_out(lock, *mine);
  mine->wait(lock, wait_limits::none(), {});
  return mine;
}

conqueue_status queue_calls::join(const wait_limits& limits) {
  const auto mine = std::make_shared<request>();
  mine->waits = true;
  std::unique_lock lock(mutex_);
  throw_failure();
  joins_.push_back(mine);
  carry_out(lock, *mine);
  if (mine->wait(lock, limits, session_.options().call_timeout)) return mine->status();
  forget(joins_, mine);
  return limits.stop.stop_requested() ? conqueue_status::stopped : conqueue_status::busy;
}

void queue_calls::leave() {
  std::unique_lock lock(mutex_);
  leaving_ = true;
  session_.notify();
  has_left_.wait_for(lock, session_.options().call_timeout, [&] { return left_; });
}

void queue_calls::throw_failure() const {
  if (failure_) throw error(*failure_);
}

void queue_calls::finish(std::uint64_t take, std::uint64_t index, std::shared_ptr<acknowledgement> waiting) {
  flight& from = flights_[take];
  from.to_send.push_back(index);
  if (waiting) from.waiting.push_back(std::move(waiting));
  if (acknowledge_by_ == clock::time_point::max()) acknowledge_by_ = clock::now() + acknowledgement_delay;
}

// Returns when the server has answered once, or somebody else will receive the answer.
void queue_calls::carry_out(std::unique_lock<std::mutex>& lock, const request& mine) {
  asked_ = true;
  if (is_sent_) return;
  lock.unlock();
  session_.carry_out(*this, [&] {
    const std::lock_guard again(mutex_);
    return mine.is_settled() || mine.was_answered();
  });
  lock.lock();
}

// The caller hears of what is handed over itself, so that no other thread has to be woken for it.
void queue_calls::await_message(std::unique_lock<std::mutex>& lock, request& mine, const wait_limits& limits) {
  if (!mine.waits) return;
  mine.rings = &session_.bell_of_listener();
  lock.unlock();
  session_.await_message(*this, limits, [&] {
    const std::lock_guard again(mutex_);
    return mine.is_settled();
  });
  lock.lock();
  mine.rings = nullptr;
}

// Tells the server that fewer wait, before anybody can know that this caller has gone: what would be handed
// over is left to others. Does not wait for the answer.
void queue_calls::withdraw(std::unique_lock<std::mutex>& lock) {
  if (!waiting_take_) return;
  asked_ = true;
  if (is_sent_) return;
  lock.unlock();
  session_.carry_out(*this, [] { return true; });
  lock.lock();
}

template <class Request>
void queue_calls::forget(std::deque<std::shared_ptr<Request>>& from, const std::shared_ptr<Request>& what) {
  std::erase(from, what);
}

// The next call.

bool queue_calls::has_something_to_say(clock::time_point now) const {
  return asked_ || leaving_ || now >= next_beat_ || now >= acknowledge_by_ ||
         (!takes_.empty() && (known_.items > 0 || known_.closed)) ||
         (!pushes_.empty() && (known_.room != 0 || known_.closed));
}

std::optional<call> queue_calls::compose(clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (failure_ || finished_ || now < not_before_ || !has_something_to_say(now)) return std::nullopt;
  asked_ = false;
  is_sent_ = true;
  sent_ = {};
  sent_.at = now;
  call next{&script_named("queue"), {key_}, false};
  std::vector<std::string>& words = next.arguments;
  words.reserve(16);  // of most calls
  add_words(words, name_, std::to_string(++number_), std::to_string(session_.options().lease.count()));
  if (!opened_) {
    sent_.opens = true;
    add_operation(words, "open", std::to_string(options_.capacity), std::to_string(options_.delivery_limit),
                  order_ == item_order::by_priority ? "priority" : "push");
  }
  sent_.recalled = waiting_take_;
  if (waiting_take_)
    add_operation(words, "recall", std::to_string(waiting_take_->number), std::to_string(waiting_take_->most));
  add_acknowledgements(words);
  for (const auto& one : questions_) {
    if (one->what.empty()) continue;
    add_words(words, one->what.front(), std::to_string(one->what.size() - 1));
    words.insert(words.end(), one->what.begin() + 1, one->what.end());
  }
  sent_.questions = std::exchange(questions_, {});
  if (leaving_ && !sent_.recalled) {  // or what the recall may find would come back as delivered
    finished_ = sent_.leaves = true;
    add_operation(words, "leave");
    return next;
  }
  add_pushes(words);
  next.needs_memory = !sent_.pushes.empty();
  add_takes(words);
  // Those who have been pushing before get the room that the takes have made.
  if (!sent_.pushes.empty() && !sent_.takes.empty() && options_.capacity != 0) {
    sent_.pushes_rest = true;
    add_operation(words, "push_rest");
  }
  if (!joins_.empty()) {
    sent_.joins = true;
    add_operation(words, "await_done");
    for (const auto& one : joins_) one->in_flight = true;
  }
  if (now >= next_beat_) {
    sent_.beats = true;
    add_operation(words, "beat");
    next_beat_ = now + session_.options().lease / 3;
  }
  return next;
}

// First, so that the items of a take that is done in full leave the server at once.
void queue_calls::add_acknowledgements(std::vector<std::string>& words) {
  acknowledge_by_ = clock::time_point::max();
  for (auto& item : returned_)
    add_operation(words, "give_back", std::to_string(item.take), std::to_string(item.index), item.how);
  for (const auto& item : returned_) --flights_.at(item.take).left;
  sent_.returned = std::exchange(returned_, {});
  for (auto one = flights_.begin(); one != flights_.end();) {
    auto& [take, from] = *one;
    if (from.to_send.empty() && from.left != 0) {
      ++one;
      continue;
    }
    from.left -= from.to_send.size();
    const std::size_t indices = from.left == 0 ? 0 : from.to_send.size();
    add_words(words, "ack", std::to_string(2 + indices), std::to_string(take),
              std::to_string(from.to_send.size()));
    for (std::size_t i = 0; i < indices; ++i) words.push_back(std::to_string(from.to_send[i]));
    sent_.done.push_back({take, std::exchange(from.to_send, {}), std::exchange(from.waiting, {})});
    if (from.left == 0) {
      one = flights_.erase(one);
    } else {
      ++one;
    }
  }
}

void queue_calls::add_pushes(std::vector<std::string>& words) {
  bundle_writer items;
  bool wait = false;
  for (const auto& one : pushes_) {
    one->offered = 0;
    for (std::size_t i = one->accepted; i < one->values.size(); ++i) {
      const std::string& item = one->values[i];
      if (items.size() == most_items || (!items.empty() && items.bytes() + item.size() > most_bytes)) break;
      items.add(item);
      ++one->offered;
    }
    if (one->offered == 0) break;
    one->in_flight = true;
    wait = wait || one->waits;
    sent_.pushes.push_back(one);
  }
  if (!items.empty()) add_operation(words, "push", wait ? "1" : "0", std::move(items).finish());
}

void queue_calls::add_takes(std::vector<std::string>& words) {
  std::size_t most = 0, least = 0;  // with `least` nobody who waits gets nothing
  for (const auto& one : takes_) {
    if (most >= most_items) break;
    if (one->waits) least = most + 1;
    most += std::min(one->most, most_items - most);
    one->in_flight = true;
    sent_.takes.push_back(one);
  }
  if (sent_.takes.empty()) return;
  const bool is_kept = options_.deliver == delivery::at_least_once;
  if (is_kept && least != 0) sent_.waits = {number_, most};
  add_operation(words, "take", std::to_string(most), std::to_string(least), is_kept ? "keep" : "forget");
}

clock::time_point queue_calls::due() {
  const std::lock_guard lock(mutex_);
  if (failure_ || finished_) return clock::time_point::max();
  return std::max(not_before_, std::min(next_beat_, acknowledge_by_));
}

}  // namespace plait::remote
