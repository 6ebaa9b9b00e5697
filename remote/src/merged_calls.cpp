// SPDX-License-Identifier: MIT
#include "merged_calls.hpp"

#include <algorithm>

#include "server_state.hpp"

namespace plait::remote {

std::shared_ptr<merged_calls> merged_calls::make(session& session, const script& what, std::string_view name) {
  std::shared_ptr<merged_calls> made(new merged_calls(session, what));
  made->key_ = key_of(name, "m");
  made->name_ = session.unique_name();
  session.add(made, made->name_);
  return made;
}

answer merged_calls::call(operation what) {
  const auto mine = std::make_shared<request>();
  mine->what = std::move(what);
  std::unique_lock lock(mutex_);
  if (failure_) throw error(*failure_);
  waiting_.push_back(mine);
  if (!is_sent_) {
    lock.unlock();
    session_.carry_out(*this, [&] {
      const std::lock_guard again(mutex_);
      return mine->is_settled;
    });
    lock.lock();
  }
  mine->settled.wait(lock, [&] { return mine->is_settled; });
  if (mine->failure) throw error(*mine->failure);
  return mine->result;
}

void merged_calls::gather_from(std::function<std::vector<operation>()> what) {
  const std::lock_guard lock(mutex_);
  gathered_ = std::move(what);
}

void merged_calls::gather() {
  clock::time_point at;
  {
    const std::lock_guard lock(mutex_);
    if (failure_) throw error(*failure_);
    if (gather_at_ != clock::time_point::max()) return;
    at = gather_at_ = clock::now() + gather_delay;
  }
  session_.look_by(at);  // without the lock, which the thread that this wakes takes first of all
}

void merged_calls::leave() {
  std::unique_lock lock(mutex_);
  leaving_ = true;
  session_.notify();
  has_left_.wait_for(lock, session_.options().call_timeout, [&] { return left_; });
}

std::optional<remote::call> merged_calls::compose(clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (failure_ || finished_ || now < not_before_) return std::nullopt;
  const bool beats = now >= next_beat_;
  if (waiting_.empty() && !beats && !leaving_ && now < gather_at_) return std::nullopt;
  add_gathered();
  is_sent_ = true;
  remote::call next{&script_, {key_}};
  std::vector<std::string>& words = next.arguments;
  words.insert(words.end(),
               {name_, std::to_string(++number_), std::to_string(session_.options().lease.count())});
  auto one = waiting_.begin();
  for (; one != waiting_.end() && (sent_.empty() || words.size() + (*one)->what.size() < most_words); ++one) {
    words.push_back((*one)->what.front());
    words.push_back(std::to_string((*one)->what.size() - 1));
    words.insert(words.end(), (*one)->what.begin() + 1, (*one)->what.end());
    sent_.push_back(std::move(*one));
  }
  waiting_.erase(waiting_.begin(), one);
  if (leaving_ && waiting_.empty()) {
    words.insert(words.end(), {"leave", "0"});
    next.needs_memory = false;
    finished_ = true;  // nothing is composed after it; the session waits for the answer
  } else if (beats) {
    words.insert(words.end(), {"beat", "0"});
    next_beat_ = now + session_.options().lease / 3;
  }
  return next;
}

// Before what callers wait for: a thread's get() comes after its add().
void merged_calls::add_gathered() {
  gather_at_ = clock::time_point::max();
  if (!gathered_) return;
  std::vector<std::shared_ptr<request>> first;
  for (operation& what : gathered_()) {
    const auto one = std::make_shared<request>();
    one->what = std::move(what);
    one->has_caller = false;
    first.push_back(one);
  }
  waiting_.insert(waiting_.begin(), first.begin(), first.end());
}

clock::time_point merged_calls::due() {
  const std::lock_guard lock(mutex_);
  if (failure_ || finished_) return clock::time_point::max();
  return std::max(not_before_, std::min(next_beat_, gather_at_));
}

void merged_calls::answered(const answer& result) {
  const std::lock_guard lock(mutex_);
  is_sent_ = false;
  check_nothing_is_missing(result, number_, key_);
  for (std::size_t i = 0; i < sent_.size(); ++i) {
    sent_[i]->result = result[i + 1];
    sent_[i]->is_settled = true;
    sent_[i]->settled.notify_one();
  }
  sent_.clear();
  if (!finished_) return;
  left_ = true;
  has_left_.notify_one();
}

// What was gathered has no caller who could try again.
void merged_calls::refused(const error& reason) {
  const std::lock_guard lock(mutex_);
  --number_;
  is_sent_ = finished_ = false;
  not_before_ = clock::now() + refusal_delay;
  const auto kept = std::ranges::partition(sent_, [](const auto& one) { return one->has_caller; });
  waiting_.insert(waiting_.begin(), kept.begin(), kept.end());
  sent_.erase(kept.begin(), kept.end());
  settle(sent_, reason);
}

void merged_calls::failed(const error& reason) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = reason;
  settle(sent_, reason);
  settle(waiting_, reason);
  left_ = true;
  has_left_.notify_one();
}

bool merged_calls::is_finished() {
  const std::lock_guard lock(mutex_);
  return finished_ || failure_;
}

void merged_calls::settle(std::vector<std::shared_ptr<request>>& requests, const error& reason) {
  for (const auto& one : requests) {
    one->failure = reason;
    one->is_settled = true;
    one->settled.notify_one();
  }
  requests.clear();
}

}  // namespace plait::remote
