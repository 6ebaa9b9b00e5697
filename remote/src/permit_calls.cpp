// SPDX-License-Identifier: MIT
#include "permit_calls.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "server_state.hpp"

namespace plait::remote {
namespace {

std::uint64_t token_of(const answer& text) {
  const std::string_view digits = text.text();
  std::uint64_t token = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), token);
  return token;
}

}  // namespace

std::shared_ptr<permit_end> open_permits(session& at, std::string_view name, std::uint64_t count) {
  return permit_calls::make(at, name, count);
}

std::shared_ptr<permit_calls> permit_calls::make(session& session, std::string_view name, std::uint64_t count) {
  std::shared_ptr<permit_calls> made(new permit_calls(session, count));
  made->key_ = key_of(name, "m");
  made->name_ = session.unique_name();
  session.add(made, made->name_);
  made->ask({});  // opens it, and throws if that fails
  made->watch_ = std::jthread([self = made.get()](const std::stop_token& ends) { self->watch(ends); });
  return made;
}

// What callers do.

std::optional<granted_permit> permit_calls::acquire(bool waits, const wait_limits& limits) {
  if (!waits && !session_.is_connected()) return std::nullopt;
  const clock::duration patience = session_.options().call_timeout;
  std::unique_lock lock(mutex_);
  auto mine = add_caller(lock, waits);
  if (mine->wait(lock, limits, patience)) return mine->got;
  remove_caller(mine);
  if (!waits || !session_.is_connected()) return std::nullopt;
  // One last try, with which this caller's place in the line is given up.
  mine = add_caller(lock, false);
  if (!mine->wait(lock, {.until = clock::now(), .stop = {}}, patience)) remove_caller(mine);
  return mine->got;
}

// Returns when the server has answered once, or somebody else will receive the answer.
std::shared_ptr<permit_calls::caller> permit_calls::add_caller(std::unique_lock<std::mutex>& lock, bool waits) {
  throw_failure();
  const auto made = std::make_shared<caller>();
  made->waits = waits;
  callers_.push_back(made);
  carry_out(lock, [&] { return made->is_settled() || made->was_answered(); });
  return made;
}

// Sends the next call, unless one is on its way: whoever receives that answer sends the next. `is_over` is
// asked with the lock.
void permit_calls::carry_out(std::unique_lock<std::mutex>& lock, const std::function<bool()>& is_over) {
  asked_ = true;
  if (is_sent_) return;
  lock.unlock();
  session_.carry_out(*this, [&] {
    const std::lock_guard again(mutex_);
    return is_over();
  });
  lock.lock();
}

// The next call leaves the line for it, or releases what the one on its way brings.
void permit_calls::remove_caller(const std::shared_ptr<caller>& gone) {
  gone->abandon();
  std::erase(callers_, gone);
  ring();
}

void permit_calls::release(std::uint64_t token) {
  std::unique_lock lock(mutex_);
  if (failure_ || leaving_) return;
  held_.erase(token);
  releases_.push_back(token);
  carry_out(lock, [] { return true; });  // the next holder need not wait for the thread
}

std::uint64_t permit_calls::available() {
  return ask({})->available;
}

void permit_calls::expire_after(std::chrono::seconds time) {
  ask({"expire", std::to_string(time.count())});
}

std::shared_ptr<permit_calls::question> permit_calls::ask(std::vector<std::string> what) {
  const auto mine = std::make_shared<question>();
  mine->what = std::move(what);
  std::unique_lock lock(mutex_);
  throw_failure();
  questions_.push_back(mine);
  carry_out(lock, [&] { return mine->is_settled(); });
  mine->wait(lock, wait_limits::none(), {});
  return mine;
}

void permit_calls::leave() {
  watch_.request_stop();
  watch_.join();
  std::unique_lock lock(mutex_);
  leaving_ = true;
  session_.notify();
  has_left_.wait_for(lock, session_.options().call_timeout, [&] { return left_; });
}

void permit_calls::throw_failure() const {
  if (failure_) throw error(*failure_);
}

// The watch.

void permit_calls::lose() {
  if (held_.empty()) return;
  held_.clear();
  lost_.push_back(std::exchange(alive_, std::stop_source()));
  watched_.notify_one();
}

void permit_calls::watch(const std::stop_token& ends) {
  std::unique_lock lock(mutex_);
  while (true) {
    if (ends.stop_requested() || clock::now() >= held_until()) lose();
    if (!lost_.empty()) {
      auto lost = std::exchange(lost_, {});
      lock.unlock();
      for (std::stop_source& one : lost) one.request_stop();
      lock.lock();
      continue;
    }
    if (ends.stop_requested()) return;
    if (held_.empty()) {
      watched_.wait(lock, ends, [this] { return !held_.empty() || !lost_.empty(); });
    } else {
      watched_.wait_until(lock, ends, held_until(), [this] { return !lost_.empty(); });
    }
  }
}

// The next call.

std::optional<call> permit_calls::compose(clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (failure_ || finished_ || now < not_before_ || !(asked_ || leaving_ || now >= next_beat_))
    return std::nullopt;
  asked_ = false;
  is_sent_ = true;
  sent_ = {};
  sent_.at = now;
  call next{&script_named("permits"), {key_}, false};
  std::vector<std::string>& words = next.arguments;
  words.insert(words.end(),
               {name_, std::to_string(++number_), std::to_string(session_.options().lease.count())});
  if (!opened_) {
    sent_.opens = true;
    add_operation(words, "open", {std::to_string(count_)});
  }
  for (const auto& one : questions_)
    if (!one->what.empty())
      add_operation(words, one->what.front().c_str(), {one->what.begin() + 1, one->what.end()});
  sent_.questions = std::exchange(questions_, {});
  if (leaving_) {
    finished_ = sent_.leaves = true;
    add_operation(words, "leave");
    return next;
  }
  add_callers(words);
  if (now >= next_beat_) {
    sent_.beats = true;
    add_operation(words, "beat");
    next_beat_ = now + session_.options().lease / 3;
  }
  return next;
}

void permit_calls::add_operation(std::vector<std::string>& words, const char* name,
                                 const std::vector<std::string>& arguments) {
  words.emplace_back(name);
  words.push_back(std::to_string(arguments.size()));
  words.insert(words.end(), arguments.begin(), arguments.end());
}

// The server's line is made as long as there are callers who wait: which entry is whose does not matter.
void permit_calls::add_callers(std::vector<std::string>& words) {
  if (!releases_.empty()) {
    const auto end = releases_.begin() + static_cast<std::ptrdiff_t>(std::min(releases_.size(), most_releases));
    std::vector<std::string> tokens;
    for (auto one = releases_.begin(); one != end; ++one) tokens.push_back(std::to_string(*one));
    sent_.released.assign(releases_.begin(), end);
    releases_.erase(releases_.begin(), end);
    asked_ = !releases_.empty();
    add_operation(words, "release", tokens);
  }
  for (const auto& one : callers_) {
    one->in_flight = true;
    (one->waits ? sent_.waiting : sent_.tries).push_back(one);
  }
  const std::size_t waiting = sent_.waiting.size();
  if (waiting > in_line_) {
    sent_.lines_up = waiting - in_line_;
    add_operation(words, "line_up", {std::to_string(sent_.lines_up)});
  } else if (waiting < in_line_) {
    sent_.withdraws = in_line_ - waiting;
    add_operation(words, "withdraw", {std::to_string(sent_.withdraws)});
  }
  if (!sent_.tries.empty()) add_operation(words, "try", {std::to_string(sent_.tries.size())});
}

clock::time_point permit_calls::due() {
  const std::lock_guard lock(mutex_);
  if (failure_ || finished_) return clock::time_point::max();
  return std::max(not_before_, next_beat_);
}

// The answer.

void permit_calls::answered(const answer& result) {
  const std::lock_guard lock(mutex_);
  is_sent_ = false;
  check_nothing_is_missing(result, number_, key_);
  std::size_t at = 1;
  if (sent_.opens) {
    opened_ = true;
    if (const auto count = result[at++].number(); count != static_cast<std::int64_t>(count_))
      throw error(errc::wrong_type, "plait::remote: " + key_ + " was created with " + std::to_string(count) +
                                        " permits, and is opened with " + std::to_string(count_));
  }
  const answer end = result[result.size() - 1];
  const auto available = static_cast<std::uint64_t>(end[3].number());
  const content last = std::exchange(sent_, {});
  for (const auto& one : last.questions) {
    if (!one->what.empty()) ++at;
    one->available = available;
    one->settle(conqueue_status::success);
  }
  if (last.leaves) {
    left_ = true;
    has_left_.notify_one();
    return;
  }
  if (!last.released.empty()) ++at;
  if (end[2].number() != 0) {  // the lease had ended, and with it all that was before this call
    in_line_ = 0;
    lose();
  }
  in_line_ += last.lines_up;
  if (last.withdraws != 0) in_line_ -= std::min(in_line_, static_cast<std::size_t>(result[at].number()));
  in_line_ -= std::min(in_line_, end[0].size());
  renewed_ = last.at;
  const bool are_safe = clock::now() < held_until();
  std::erase_if(callers_, [](const auto& one) { return !one->waits && one->in_flight; });
  std::vector<std::shared_ptr<caller>> all = callers_;
  all.insert(all.end(), last.tries.begin(), last.tries.end());
  hand_out(end[0], all, are_safe);
  hand_out(end[1], last.tries, are_safe);
  for (const auto& one : last.tries)
    if (!one->is_settled()) one->settle(conqueue_status::empty);
  for (const auto& one : last.waiting) one->note_answer();
  std::erase_if(callers_, [](const auto& one) { return one->is_settled(); });
  asked_ = asked_ || !releases_.empty() || in_line_ != callers_.size();
}

// In the order in which they came. What is left, because callers have gone or the answer came too late, is
// released.
void permit_calls::hand_out(const answer& tokens, const std::vector<std::shared_ptr<caller>>& to,
                            bool are_safe) {
  auto next = to.begin();
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::uint64_t token = token_of(tokens[i]);
    next = std::find_if(next, to.end(),
                        [](const auto& one) { return !one->is_settled() && !one->is_abandoned(); });
    if (next == to.end() || !are_safe) {
      releases_.push_back(token);
      continue;
    }
    held_.insert(token);
    (*next)->got = granted_permit{token, alive_.get_token()};
    (*next)->settle(conqueue_status::success);
  }
  watched_.notify_one();
}

// Those who try are told; everything else is tried again a little later.
void permit_calls::refused(const error& reason) {
  const std::lock_guard lock(mutex_);
  --number_;
  is_sent_ = finished_ = false;
  not_before_ = clock::now() + refusal_delay;
  content last = std::exchange(sent_, {});
  releases_.insert(releases_.begin(), last.released.begin(), last.released.end());
  questions_.insert(questions_.begin(), last.questions.begin(), last.questions.end());
  for (const auto& one : last.tries) one->settle(reason);
  for (const auto& one : last.waiting) one->in_flight = false;
  std::erase_if(callers_, [](const auto& one) { return one->is_settled(); });
  if (last.beats) next_beat_ = not_before_;
  asked_ = true;
}

void permit_calls::woken(std::string_view /*message*/) {
  const std::lock_guard lock(mutex_);
  asked_ = true;
}

void permit_calls::failed(const error& reason) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = reason;
  for (const auto& one : callers_) one->settle(reason);
  for (const auto& one : questions_) one->settle(reason);
  for (const auto& one : sent_.questions) one->settle(reason);
  callers_.clear();
  questions_.clear();
  sent_ = {};
  lose();
  left_ = true;
  has_left_.notify_one();
}

bool permit_calls::is_finished() {
  const std::lock_guard lock(mutex_);
  return finished_ || failure_;
}

}  // namespace plait::remote
