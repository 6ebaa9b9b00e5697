// SPDX-License-Identifier: MIT
// queue_calls: what it does with the answers to its calls.
#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "queue_calls.hpp"
#include "server_state.hpp"

namespace plait::remote {

void queue_calls::answered(const answer& result) {
  const std::lock_guard lock(mutex_);
  is_sent_ = false;
  check_nothing_is_missing(result, number_, key_);
  take_answers(result);
  content last = std::exchange(sent_, {});
  for (const auto& one : last.pushes)
    if (!one->is_settled()) one->note_answer();
  for (const auto& one : last.takes)
    if (!one->is_settled()) one->note_answer();
  if (last.joins) {
    for (const auto& one : joins_) {
      if (!one->in_flight) continue;
      if (known_.unfinished == 0) one->settle(conqueue_status::success);
      one->note_answer();
    }
    std::erase_if(joins_, [](const auto& one) { return one->is_settled(); });
  }
  if (last.beats) renewed_ = last.at;
  if (last.leaves) {
    left_ = true;
    has_left_.notify_one();
  }
}

// The results come in the order in which compose() has put the operations; then the state, and what was taken.
void queue_calls::take_answers(const answer& result) {
  std::size_t at = 1;
  const auto next = [&] { return result[at++].number(); };
  if (sent_.opens) {
    opened_ = true;
    if (const auto capacity = next(); capacity != static_cast<std::int64_t>(options_.capacity))
      throw error(errc::wrong_type, "plait::remote::queue: " + key_ + " was created with the capacity " +
                                        std::to_string(capacity) + ", and is opened with " +
                                        std::to_string(options_.capacity));
  }
  if (sent_.recalled) {
    const auto first = static_cast<std::uint64_t>(next());
    const std::string_view items = result[at++].text();
    receive(sent_.recalled->number, first, items);
    waiting_take_.reset();
    // The take has asked for as many fewer, and the server's line has it under that number.
    if (sent_.waits) sent_.waits->most -= std::min(sent_.waits->most, count_items(items));
  }
  for (std::size_t i = 0; i < sent_.returned.size(); ++i)
    if (next() == 0) ++lost_leases_;
  for (const sent_acknowledgement& one : sent_.done) {
    const bool counted = next() != 0;
    if (!counted) lost_leases_ += one.indices.size();
    for (const auto& waiting : one.waiting)
      waiting->settle(counted ? conqueue_status::success : conqueue_status::stopped);
  }
  for (const auto& one : sent_.questions)
    if (!one->what.empty()) one->result = static_cast<std::uint64_t>(next());
  std::size_t accepted = 0;
  if (!sent_.pushes.empty()) accepted = static_cast<std::size_t>(next());
  if (sent_.pushes_rest) accepted += static_cast<std::size_t>(next());
  if (sent_.joins || sent_.leaves) ++at;
  if (sent_.beats) ++at;
  known_.closed = next() != 0;
  known_.items = static_cast<std::uint64_t>(next());
  known_.room = next();
  known_.unfinished = static_cast<std::uint64_t>(next());
  for (const auto& one : sent_.questions) {
    one->seen = known_;
    one->settle(conqueue_status::success);
  }
  if (sent_.leaves) return;
  if (!sent_.takes.empty()) {
    const std::string_view items = result[at + 1].text();
    hand_out(number_, static_cast<std::uint64_t>(result[at].number()), bundle_reader(items));
    if (items.empty()) waiting_take_ = sent_.waits;
    // Some have gone since: see withdraw().
    if (waiting_take_ && std::ranges::any_of(sent_.takes, &take_request::is_abandoned)) asked_ = true;
  }
  settle_pushes(accepted);
  settle_takes();
}

void queue_calls::settle_pushes(std::size_t accepted) {
  for (const auto& one : sent_.pushes) {
    const std::size_t mine = std::min(accepted, one->offered);
    accepted -= mine;
    one->accepted += mine;
    if (one->accepted == one->values.size()) {
      one->settle(conqueue_status::success);
    } else if (known_.closed) {
      one->settle(conqueue_status::closed);
    } else if (!one->waits && mine < one->offered) {
      one->settle(conqueue_status::full);
    }
  }
  std::erase_if(pushes_, [](const auto& one) { return one->is_settled(); });
}

// The items, of which the first is delivery `first` of the queue: in the order in which callers came. What is
// left, because some have gone, goes to others, or back.
void queue_calls::hand_out(std::uint64_t take, std::uint64_t first, bundle_reader items) {
  const bool comes_again = options_.deliver == delivery::at_least_once;
  auto to = takes_.begin();
  std::size_t count = 0;
  for (; !items.at_end(); ++count) {
    while (to != takes_.end() && (*to)->items.size() == (*to)->most) ++to;
    const std::uint64_t deliveries = items.deliveries_before() + 1;
    delivered_item item{std::string(items.next()), take, count + 1, deliveries, first + count};
    if (to != takes_.end()) {
      (*to)->items.push_back(std::move(item));
    } else if (comes_again) {
      returned_.push_back({take, count + 1, "unseen"});
      asked_ = true;
    } else {
      stranded_.push_back(std::move(item));
    }
  }
  if (comes_again && count != 0) flights_[take].left = count;
}

void queue_calls::settle_takes() {
  for (const auto& one : takes_) {
    if (!one->items.empty()) {
      one->settle(conqueue_status::success);
    } else if (one->in_flight && known_.closed && known_.items == 0) {
      one->settle(conqueue_status::closed);
    } else if (one->in_flight && !one->waits) {
      one->settle(conqueue_status::empty);
    }
  }
  std::erase_if(takes_, [](const auto& one) { return one->is_settled(); });
}

// Those who push are told; everything else is tried again a little later.
void queue_calls::refused(const error& reason) {
  const std::lock_guard lock(mutex_);
  --number_;
  is_sent_ = finished_ = false;
  not_before_ = clock::now() + refusal_delay;
  content last = std::exchange(sent_, {});
  for (sent_acknowledgement& one : last.done) {
    flight& from = flights_[one.take];
    from.left += one.indices.size();
    from.to_send.insert(from.to_send.end(), one.indices.begin(), one.indices.end());
    from.waiting.insert(from.waiting.end(), one.waiting.begin(), one.waiting.end());
    acknowledge_by_ = not_before_;
  }
  for (returned_item& one : last.returned) {
    ++flights_[one.take].left;
    returned_.push_back(std::move(one));
  }
  questions_.insert(questions_.begin(), last.questions.begin(), last.questions.end());
  for (const auto& one : last.pushes) one->settle(reason);
  std::erase_if(pushes_, [](const auto& one) { return one->is_settled(); });
  for (const auto& one : last.takes) one->in_flight = false;
  if (last.beats) next_beat_ = not_before_;
  asked_ = true;
}

// A message that names a take brings what was handed over to it; any other, and one whose items were too many
// for a message, only says that the server has to be asked.
void queue_calls::woken(std::string_view message) {
  const std::lock_guard lock(mutex_);
  std::uint64_t take = 0, first = 0;
  for (std::uint64_t* const number : {&take, &first}) {
    const auto [end, failure] = std::from_chars(message.data(), message.data() + message.size(), *number);
    if (failure != std::errc() || end == message.data() + message.size()) {
      asked_ = true;
      return;
    }
    message.remove_prefix(static_cast<std::size_t>(end - message.data()) + 1);
  }
  if (message.empty()) {
    asked_ = true;
  } else {
    receive(take, first, message);
    settle_takes();
  }
}

// What was handed over comes by a message, or by a recall if that was on its way or lost: the first of them
// counts. The message may also come before the answer to the take that waits.
void queue_calls::receive(std::uint64_t take, std::uint64_t first, std::string_view items) {
  std::optional<waiting_take>& waiting =
      is_sent_ && sent_.waits && take == number_ ? sent_.waits : waiting_take_;
  if (items.empty() || !waiting || waiting->number != take) return;
  waiting.reset();
  hand_out(take, first, bundle_reader(items));
  if (takes_.empty() && returned_.empty()) return;
  asked_ = true;
  session_.notify();  // a caller may have heard it
}

void queue_calls::failed(const error& reason) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = reason;
  for (const auto& one : pushes_) one->settle(reason);
  for (const auto& one : takes_) one->settle(reason);
  for (const auto& one : joins_) one->settle(reason);
  for (const auto& one : questions_) one->settle(reason);
  for (const auto& one : sent_.questions) one->settle(reason);
  for (auto& [take, from] : flights_)
    for (const auto& one : from.waiting) one->settle(reason);
  for (const auto& sent : sent_.done)
    for (const auto& one : sent.waiting) one->settle(reason);
  pushes_.clear();
  takes_.clear();
  joins_.clear();
  questions_.clear();
  flights_.clear();
  sent_ = {};
  left_ = true;
  has_left_.notify_one();
}

bool queue_calls::is_finished() {
  const std::lock_guard lock(mutex_);
  return finished_ || failure_;
}

}  // namespace plait::remote
