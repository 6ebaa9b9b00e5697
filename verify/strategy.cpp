// SPDX-License-Identifier: MIT
#include "strategy.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace verify::detail {

namespace {

// At least half of all loads read the newest value; time-outs, spurious events and impatience are rare.
answer draw(std::mt19937_64& random, unsigned answers, cost price) {
  const std::uint64_t drawn = random();
  const std::uint64_t dice = drawn >> 60;
  if (price == cost::stale_load && dice < 8) return 0;
  if (price == cost::reuse && dice < 8) return 0;
  if (price == cost::impatience && dice < 12) return 0;
  if ((price == cost::early_timeout || price == cost::spurious) && dice != 0) return 0;
  return static_cast<answer>((drawn & 0xffffffff) % answers);
}

}  // namespace

unsigned* depth_first::purse(cost price) noexcept {
  switch (price) {
    case cost::preemption:
    case cost::early_timeout:
      return &left_.preemptions;
    case cost::stale_load:
      return &left_.stale_loads;
    default:
      return nullptr;
  }
}

bool depth_first::next() {
  if (started_) {
    while (!path_.empty() && path_.back().given == path_.back().last) path_.pop_back();
    if (path_.empty()) {
      complete_ = true;
      return false;
    }
    ++path_.back().given;
  }
  started_ = true;
  depth_ = 0;
  left_ = allowed_;
  stays_at_ = none;
  asleep_ = 0;
  return true;
}

answer depth_first::choose(unsigned answers, cost price) {
  if (price == cost::impatience) return 0;
  unsigned* const left = purse(price);
  if (left != nullptr && *left == 0) {
    wanted_more_ = wanted_more_ || price != cost::stale_load;
    return 0;
  }
  if (depth_ == path_.size()) path_.push_back({0, static_cast<answer>(answers - 1), price, {}});
  const question& asked = path_[depth_++];
  diverged_ = diverged_ || asked.last != static_cast<answer>(answers - 1) || asked.price != price;
  const answer given = std::min(asked.given, static_cast<answer>(answers - 1));
  if (given != 0 && left != nullptr) --*left;
  return given;
}

answer depth_first::choose_thread(std::span<const std::uint8_t> threads, cost price) {
  std::array<answer, max_threads> awake;
  auto count = static_cast<unsigned>(threads.size());
  const bool some_sleep = asleep_ != 0;
  if (some_sleep) {
    count = 0;
    for (answer i = 0; i != threads.size(); ++i)
      if ((asleep_ >> threads[i] & 1) == 0) awake[count++] = i;
    if (count == 1) return awake[0];
  }
  const std::size_t asked = depth_;
  const answer given = choose(count, price);
  if (reduced_ && price == cost::preemption && depth_ != asked) {
    if (given == 0) {
      stays_at_ = asked;
    } else {
      asleep_ |= thread_set{1} << threads.front();
      about_to_[threads.front()] = path_[asked].stayed;
    }
  }
  return some_sleep ? awake[given] : given;
}

thread_set depth_first::stepped(unsigned thread, const footprint& made) noexcept {
  if (stays_at_ != none) path_[std::exchange(stays_at_, none)].stayed.join(made);
  for (const unsigned other : threads_in(asleep_))
    if (other != thread && about_to_[other].depends_on(made)) asleep_ &= ~(thread_set{1} << other);
  return asleep_;
}

bool random_walk::next() {
  if (left_ == 0) return false;
  --left_;
  return true;
}

answer random_walk::choose(unsigned answers, cost price) {
  return draw(random_, answers, price);
}

answer random_walk::choose_thread(std::span<const std::uint8_t> threads, cost price) {
  return draw(random_, static_cast<unsigned>(threads.size()), price);
}

bool priorities::next() {
  if (left_ == 0) return false;
  --left_;
  longest_ = std::max(longest_, step_);
  step_ = 0;
  lowest_ = held_up_ = 0;
  for (std::int64_t& each : priority_) each = static_cast<std::int64_t>(random_() >> 2);
  moments_.resize(depth_ == 0 ? 0 : random_() % depth_);
  for (std::uint64_t& each : moments_) each = random_() % longest_;
  std::ranges::sort(moments_, std::ranges::greater());
  const std::uint64_t kind = random_();
  in_order_ = (kind & 1) != 0;
  schedule_alone_ = (kind & 2) != 0;
  return true;
}

// Below all threads that spin. Those held up are ordered by how often that happened before, or at random.
void priorities::hold_up(unsigned thread) {
  constexpr auto highest = -(std::int64_t{1} << 62);
  priority_[thread] = highest - (in_order_ ? ++held_up_ : static_cast<std::int64_t>(random_() >> 2));
}

answer priorities::choose(unsigned answers, cost price) {
  const bool is_plain = schedule_alone_ && price != cost::nothing && price != cost::impatience;
  return is_plain ? answer{0} : draw(random_, answers, price);
}

answer priorities::choose_thread(std::span<const std::uint8_t> threads, cost) {
  for (; !moments_.empty() && moments_.back() == step_; moments_.pop_back()) hold_up(threads.front());
  ++step_;
  const auto first = std::ranges::max_element(threads, {}, [&](unsigned thread) { return priority_[thread]; });
  return static_cast<answer>(first - threads.begin());
}

bool replay::next() {
  return !std::exchange(done_, true);
}

bool replay::has_fitted() const noexcept {
  return !impossible_ && std::all_of(answers_.begin() + static_cast<std::ptrdiff_t>(depth_), answers_.end(),
                                     [](answer each) { return each == 0; });
}

answer replay::choose(unsigned answers, cost) {
  const answer given = depth_ < answers_.size() ? answers_[depth_++] : answer{0};
  impossible_ = impossible_ || given >= answers;
  return given < answers ? given : answer{0};
}

answer replay::choose_thread(std::span<const std::uint8_t> threads, cost price) {
  return choose(static_cast<unsigned>(threads.size()), price);
}

std::string to_token(const list<answer>& answers) {
  std::string token;
  std::size_t end = answers.size();
  while (end != 0 && answers[end - 1] == 0) --end;
  for (std::size_t i = 0; i != end;) {
    std::size_t same = i;
    while (same != end && answers[same] == answers[i]) ++same;
    if (!token.empty()) token += ',';
    if (same - i > 1) token += std::to_string(same - i) + '*';
    token += std::to_string(answers[i]);
    i = same;
  }
  return token.empty() ? "0" : token;
}

list<answer> from_token(std::string_view token) {
  const auto refuse = [&] {
    throw std::invalid_argument("verify: \"" + std::string(token) +
                                "\" is no token of an execution; one looks like 5*0,1,12*0,2");
  };
  list<answer> answers;
  const char* at = token.data();
  const char* const end = at + token.size();
  while (at != end) {
    unsigned first = 0;
    auto [after, error] = std::from_chars(at, end, first);
    if (error != std::errc()) refuse();
    unsigned repeat = 1;
    if (after != end && *after == '*') {
      repeat = first;
      const auto second = std::from_chars(after + 1, end, first);
      if (second.ec != std::errc()) refuse();
      after = second.ptr;
    }
    if (first > 255 || repeat > 1'000'000) refuse();
    answers.insert(answers.end(), repeat, static_cast<answer>(first));
    if (after != end && *after != ',') refuse();
    if (after != end) ++after;
    at = after;
  }
  return answers;
}

}  // namespace verify::detail
