// SPDX-License-Identifier: MIT
#include "session.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <future>
#include <random>
#include <system_error>

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace plait::remote {
namespace {

using namespace std::chrono_literals;

std::string random_name() {
  std::random_device random;
  std::array<char, 16> digits{};
  const std::uint64_t bits = (std::uint64_t{random()} << 32) | random();
  const auto [end, failure] = std::to_chars(digits.data(), digits.data() + digits.size(), bits, 16);
  return {digits.data(), end};
}

int new_eventfd() {
  const int result = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (result == -1) throw std::system_error(errno, std::generic_category(), "plait::remote: eventfd");
  return result;
}

bool starts_with_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return text.starts_with(word); });
}

}  // namespace

session::session(std::string_view url, const connection_options& options)
    : address_(parse_url(url)), options_(options), id_(random_name()), wake_up_(new_eventfd()) {
  std::promise<void> connected;
  std::future<void> first = connected.get_future();
  thread_ = std::thread([this, &connected] {
    // Signals are handled by the program's threads; and a broken connection must not end the program.
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
    ::pthread_setname_np(::pthread_self(), "plait-remote");
    try {
      const clock::time_point until = clock::now() + options_.connect_timeout;
      for (auto pause = 10ms;; pause = std::min<std::chrono::milliseconds>(2 * pause, 1s)) try {
          connect();
          break;
        } catch (const link_broken& cause) {
          if (clock::now() + pause >= until)
            throw error(errc::cannot_connect, std::string("plait::remote: ") + cause.what());
          std::this_thread::sleep_for(pause);
        }
    } catch (...) {
      connected.set_exception(std::current_exception());
      return;
    }
    connected.set_value();
    run();
  });
  try {
    first.get();
  } catch (...) {
    thread_.join();
    ::close(wake_up_);
    throw;
  }
}

session::~session() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    end_by_ = clock::now() + options_.call_timeout;
  }
  notify();
  thread_.join();
  ::close(wake_up_);
}

std::string session::unique_name() {
  return id_ + '.' + std::to_string(names_.fetch_add(1));
}

void session::add(std::shared_ptr<endpoint> added, const std::string& name) {
  {
    const std::lock_guard lock(mutex_);
    if (failure_) throw error(*failure_);
    added_.emplace_back(name, std::move(added));
  }
  notify();
}

void session::notify() {
  pending_.store(true);
  if (!asleep_.exchange(false)) return;
  const std::uint64_t one = 1;
  while (::write(wake_up_, &one, sizeof one) == -1 && errno == EINTR) {
  }
}

// The thread.

void session::run() {
  try {
    while (true) {
      try {
        serve();
        return;
      } catch (const link_broken&) {
        connected_ = false;
        if (!reconnect()) return;
      }
    }
  } catch (const error& reason) {
    fail(reason);
  } catch (const std::exception& reason) {
    fail(error(errc::protocol, std::string("plait::remote: ") + reason.what()));
  }
}

void session::serve() {
  while (!is_over()) {
    pending_ = false;
    const clock::time_point now = clock::now();
    take_new_endpoints();
    compose(now);
    if (commands_->wants_to_write()) commands_->write();
    wait_for_events(now);
  }
}

link session::make_link() const {
  return {address_, options_.connect_timeout, options_.call_timeout};
}

void session::connect() {
  auto commands = std::make_unique<link>(make_link());
  refuse_eviction(*commands);
  load_scripts(*commands);
  auto wakes = std::make_unique<link>(make_link());
  const answer reply = wakes->call(std::vector<std::string>{"SUBSCRIBE", "plait:wake:" + id_});
  if (reply.is_error())
    throw error(errc::not_permitted, "plait::remote: SUBSCRIBE: " + std::string(reply.text()));
  commands->stop_blocking();
  wakes->stop_blocking();
  commands_ = std::move(commands);
  wakes_ = std::move(wakes);
  connected_ = true;
}

// What was sent and not answered goes first, as it was.
bool session::reconnect() {
  if (calls_ != calls_before_) pause_ = 0ms;
  calls_before_ = calls_;
  while (true) {
    if (!sleep(pause_)) return false;
    pause_ = std::clamp<std::chrono::milliseconds>(2 * pause_, 10ms, 1s);
    try {
      connect();
      break;
    } catch (const link_broken&) {
      continue;
    }
  }
  ++reconnections_;
  for (sent_call& one : sent_) {
    one.since = clock::now();
    send(one);
  }
  for (auto& [name, one] : sources_) one.from->woken();
  return true;
}

void session::refuse_eviction(link& commands) const {
  const answer info = commands.call(std::vector<std::string>{"INFO", "memory"});
  if (info.is_error()) {
    if (info.text().starts_with("LOADING")) throw link_broken(std::string(info.text()));
    throw error(errc::not_permitted, "plait::remote: INFO: " + std::string(info.text()));
  }
  constexpr std::string_view label = "maxmemory_policy:";
  std::string_view policy = info.text();
  const std::size_t at = policy.find(label);
  if (at == std::string_view::npos)
    throw error(errc::protocol, "plait::remote: INFO memory names no maxmemory_policy");
  policy = policy.substr(at + label.size());
  policy = policy.substr(0, policy.find_first_of("\r\n"));
  if (policy != "noeviction")
    throw error(errc::unsafe_server, "plait::remote: the server's maxmemory-policy is " + std::string(policy) +
                                         ": it may throw a queue away; set it to noeviction");
}

void session::load_scripts(link& commands) {
  for (const script& one : all_scripts()) {
    const answer hash = commands.call(std::vector<std::string>{"SCRIPT", "LOAD", std::string(one.text)});
    if (hash.is_error()) {
      if (starts_with_one_of(hash.text(), {"LOADING", "BUSY"})) throw link_broken(std::string(hash.text()));
      throw error(errc::not_permitted, "plait::remote: SCRIPT LOAD: " + std::string(hash.text()));
    }
    hashes_[&one] = hash.text();
  }
}

void session::take_new_endpoints() {
  const std::lock_guard lock(mutex_);
  for (auto& [name, from] : added_) sources_.emplace(std::move(name), source{std::move(from)});
  added_.clear();
}

void session::compose(clock::time_point now) {
  for (auto one = sources_.begin(); one != sources_.end();) {
    source& from = one->second;
    if (!from.outstanding && from.from->is_finished()) {
      one = sources_.erase(one);
      continue;
    }
    if (!from.outstanding)
      if (auto content = from.from->compose(now)) {
        sent_.push_back({&from, std::move(*content), now});
        from.outstanding = true;
        send(sent_.back());
      }
    ++one;
  }
}

void session::send(const sent_call& one) {
  std::vector<std::string> command{"EVALSHA", hashes_.at(one.content.what),
                                   std::to_string(one.content.key_count)};
  command.insert(command.end(), one.content.arguments.begin(), one.content.arguments.end());
  commands_->append(command);
}

void session::receive_answers() {
  commands_->read();
  while (const answer result = commands_->next()) {
    if (sent_.empty()) throw link_broken("an answer to nothing");
    take_answer(result);
  }
}

void session::take_answer(const answer& result) {
  const sent_call& first = sent_.front();
  endpoint& from = *first.from->from;
  if (result.is_error()) {
    // These come before the script has begun. Connecting anew finds the new primary, and loads the scripts.
    const std::string_view text = result.text();
    if (starts_with_one_of(text, {"NOSCRIPT", "LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN",
                                  "BUSY", "NOREPLICAS", "MISCONF"}))
      throw link_broken(std::string(text));
    if (text.starts_with("OOM")) {
      from.refused(error(errc::out_of_memory, "plait::remote: " + std::string(text)));
    } else {
      const errc code = text.starts_with("NOPERM")                         ? errc::not_permitted
                        : text.find("WRONGTYPE") != std::string_view::npos ? errc::wrong_type
                                                                           : errc::protocol;
      from.failed(error(code, "plait::remote: " + std::string(text)));
    }
  } else {
    try {
      from.answered(result);
    } catch (const error& reason) {
      from.failed(reason);
    }
  }
  ++calls_;
  first.from->outstanding = false;
  sent_.pop_front();
}

// A message is the name of an endpoint without the part that all endpoints of this session have.
void session::receive_wakes() {
  wakes_->read();
  while (const answer message = wakes_->next()) {
    if (message.size() != 3 || message[0].text() != "message") continue;
    if (const auto found = sources_.find(id_ + '.' + std::string(message[2].text())); found != sources_.end())
      found->second.from->woken();
  }
}

void session::wait_for_events(clock::time_point now) {
  clock::time_point until = now + options_.lease;
  for (auto& [name, one] : sources_)
    if (!one.outstanding) until = std::min(until, one.from->due());
  if (!sent_.empty()) until = std::min(until, sent_.front().since + options_.call_timeout);
  {
    const std::lock_guard lock(mutex_);
    if (ending_) until = std::min(until, end_by_);
  }
  std::array<pollfd, 3> descriptors{
      {{.fd = wake_up_, .events = POLLIN, .revents = 0},
       {.fd = commands_->descriptor(),
        .events = static_cast<short>(commands_->wants_to_write() ? POLLIN | POLLOUT : POLLIN),
        .revents = 0},
       {.fd = wakes_->descriptor(), .events = POLLIN, .revents = 0}}};
  asleep_ = true;
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now());
  const int timeout = pending_ ? 0 : static_cast<int>(std::clamp<std::int64_t>(wait.count(), 0, 60'000));
  const int ready = ::poll(descriptors.data(), descriptors.size(), timeout);
  asleep_ = false;
  if (ready == -1 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll");
  if (ready <= 0) {
    if (!sent_.empty() && clock::now() >= sent_.front().since + options_.call_timeout)
      throw link_broken("no answer within call_timeout");
    return;
  }
  if (descriptors[0].revents != 0) {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t drained = ::read(wake_up_, &count, sizeof count);
  }
  if (descriptors[1].revents != 0) {
    if ((descriptors[1].revents & POLLOUT) != 0) commands_->write();
    receive_answers();
  }
  if (descriptors[2].revents != 0) receive_wakes();
}

bool session::sleep(std::chrono::milliseconds time) {
  const clock::time_point until = clock::now() + time;
  do {
    take_new_endpoints();
    if (is_over()) return false;
    pollfd descriptor{.fd = wake_up_, .events = POLLIN, .revents = 0};
    asleep_ = true;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now());
    if (left.count() > 0 && ::poll(&descriptor, 1, static_cast<int>(left.count())) == 1) {
      std::uint64_t count = 0;
      [[maybe_unused]] const ssize_t drained = ::read(wake_up_, &count, sizeof count);
    }
    asleep_ = false;
  } while (clock::now() < until);
  return true;
}

// From now on every structure of this session says why.
void session::fail(const error& reason) {
  connected_ = false;
  {
    const std::lock_guard lock(mutex_);
    failure_ = reason;
    for (auto& [name, from] : added_) sources_.emplace(name, source{std::move(from)});
    added_.clear();
  }
  for (auto& [name, one] : sources_) one.from->failed(reason);
  sources_.clear();
  sent_.clear();
}

// The session ends when its last user has gone and everything is said, or the time for that is over.
bool session::is_over() {
  {
    const std::lock_guard lock(mutex_);
    if (!ending_) return false;
    if (clock::now() >= end_by_) return true;
  }
  take_new_endpoints();
  return sent_.empty() &&
         std::ranges::all_of(sources_, [](auto& one) { return one.second.from->is_finished(); });
}

}  // namespace plait::remote
