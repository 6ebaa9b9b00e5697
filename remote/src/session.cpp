// SPDX-License-Identifier: MIT
#include "session.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <future>
#include <random>
#include <stop_token>
#include <system_error>

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

// How many are ready. No time before now is too early, and EINTR is no event.
int poll_until(std::span<pollfd> descriptors, clock::time_point until) {
  int timeout = 0;
  if (until != clock::time_point::min()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now());
    timeout = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
  }
  const int ready = ::poll(descriptors.data(), descriptors.size(), timeout);
  if (ready == -1 && errno != EINTR)
    throw std::system_error(errno, std::generic_category(), "plait::remote: poll");
  return std::max(ready, 0);
}

}  // namespace

session::session(std::string_view url, const connection_options& options)
    : address_(parse_url(url)),
      options_(options),
      id_(random_name()),
      wake_up_(new_eventfd()),
      notices_(options_, id_) {
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
  const std::lock_guard lock(mutex_);
  if (failure_) throw error(*failure_);
  sources_.emplace(name, std::move(added));
}

void session::listen(const std::string& beginning, const std::shared_ptr<change_listener>& listener) {
  std::future<void> heard;
  {
    const std::lock_guard lock(mutex_);
    if (failure_) throw error(*failure_);
    heard = notices_.add(beginning, listener);
  }
  notify();
  heard.get();
}

void session::look_by(clock::time_point when) {
  pending_ = true;
  if (when >= looks_at_.load() || looks_at_.exchange(clock::time_point::min()) == clock::time_point::min())
    return;
  const std::uint64_t one = 1;
  while (::write(wake_up_, &one, sizeof one) == -1 && errno == EINTR) {
  }
}

void session::carry_out(endpoint& from, const std::function<bool()>& is_over) {
  std::unique_lock lock(mutex_);
  if (!commands_) return;  // the thread sends it when it has connected
  const std::shared_ptr<link> here = commands_;
  try {
    compose(from, clock::now());
    look_by(from.due());  // the thread may have gone to sleep before this endpoint had to be heard of at all
    write();
    if (is_received_) return;
    is_received_ = true;
    while (!sent_.empty() && !is_over()) {
      lock.unlock();
      here->read();
      lock.lock();
      if (commands_ != here) return;
      if (!take_answers() && clock::now() >= answer_due()) throw link_broken("no answer within call_timeout");
    }
    is_received_ = false;
    if (!sent_.empty()) notify();    // now the thread receives
  } catch (const std::exception&) {  // what was not answered is sent again over a new link
    if (!lock.owns_lock()) lock.lock();
    if (commands_ == here) give_up_link();
  }
}

void session::await_message(endpoint& from, const wait_limits& limits, const std::function<bool()>& is_over) {
  const std::shared_ptr<link> here = notices_.lend();
  if (!here) return;
  try {
    const std::stop_callback stopped(limits.stop, [this] { bell_.ring(); });
    while (true) {
      bell_.await();
      if (is_over() || limits.stop.stop_requested() || clock::now() >= limits.until) break;
      std::array<pollfd, 2> descriptors{{{.fd = here->descriptor(), .events = POLLIN, .revents = 0},
                                         {.fd = bell_.descriptor(), .events = POLLIN, .revents = 0}}};
      (void)poll_until(descriptors, limits.until);
      bell_.silence(descriptors[1].revents != 0);
      if (descriptors[0].revents == 0) continue;
      if (tell(notices::receive_from(*here), &from)) notify();
      if (is_over()) break;
      carry_out(from, is_over);
    }
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the thread makes another link
  }
  bell_.silence(false);
  try {
    notices_.give_back(here);
  } catch (const std::system_error&) {
    const std::lock_guard lock(mutex_);
    give_up_link();
  }
}

// The thread.

void session::run() {
  try {
    while (serve() && reconnect()) {
    }
  } catch (const error& reason) {
    fail(reason);
  } catch (const std::exception& reason) {
    fail(error(errc::protocol, std::string("plait::remote: ") + reason.what()));
  }
}

bool session::serve() try {
  while (true) {
    pending_ = false;
    if (notices_.wants_another_link()) listen_anew();
    notices_.probe(clock::now());
    std::unique_lock lock(mutex_);
    if (is_over()) return false;
    if (!commands_) return true;
    const std::shared_ptr<link> here = commands_;
    const clock::time_point now = clock::now();
    compose_all(now);
    write();
    const bool receives = !is_received_ && !sent_.empty();
    if (receives) is_received_ = true;
    // Without POLLIN it hears of the end of the link alone.
    int events = receives ? POLLIN : POLLRDHUP;
    if (here->wants_to_write()) events |= POLLOUT;
    const clock::time_point until =
        std::min({next_due(now), notices_.due(), receives ? answer_due() : clock::time_point::max()});
    std::array<pollfd, 3> descriptors{
        {{.fd = wake_up_, .events = POLLIN, .revents = 0},
         {.fd = here->descriptor(), .events = static_cast<short>(events), .revents = 0},
         {.fd = notices_.descriptor(), .events = POLLIN, .revents = 0}}};
    lock.unlock();
    const bool happened = wait(descriptors, until);
    lock.lock();
    if (commands_ != here) continue;
    if (receives) is_received_ = false;
    if (!happened) {
      if (receives && clock::now() >= answer_due()) throw link_broken("no answer within call_timeout");
      continue;
    }
    const int of_commands = descriptors[1].revents;
    if ((of_commands & POLLOUT) != 0) write();
    if ((of_commands & ~POLLOUT) != 0) {
      if (!receives) throw link_broken("the server has closed the connection");  // a caller may be reading
      here->read();
      take_answers();
    }
    lock.unlock();
    if (descriptors[2].revents != 0) receive_notices();
  }
} catch (const link_broken&) {
  const std::lock_guard lock(mutex_);
  give_up_link();
  return true;
}

// What the last link has not told yet, nobody will.
void session::listen_anew() {
  notices_.listen(make_link());
  const std::lock_guard lock(mutex_);
  for (auto& [name, one] : sources_) one->woken({});
}

link session::make_link() const {
  return {primary_, options_.connect_timeout, options_.call_timeout};
}

// What can be asked without an answer to what was asked before is sent at once.
void session::connect() {
  primary_ = primary_of(address_, options_);
  auto commands = std::make_shared<link>(make_link());
  if (!address_.sentinels.empty()) expect_primary(*commands);
  commands->send(std::vector<std::string>{"INFO", "memory"});
  const bool needs_scripts = needs_scripts_;
  if (needs_scripts) server_scripts::offer(*commands);
  refuse_eviction(commands->receive());
  std::optional<server_scripts> scripts;
  if (needs_scripts) scripts.emplace(*commands);
  commands->stop_blocking();
  notices_.listen(make_link());
  const std::lock_guard lock(mutex_);
  if (needs_scripts) scripts_ = std::move(*scripts);
  needs_scripts_ = false;
  install(std::move(commands));
}

bool session::reconnect() {
  notices_.lose();
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
  return true;
}

// What was sent and not answered goes first, as it was.
void session::install(std::shared_ptr<link> commands) {
  commands_ = std::move(commands);
  connected_ = true;
  for (sent_call& one : sent_) {
    one.since = clock::now();
    append(one);
  }
  for (auto& [name, one] : sources_) one->woken({});
}

void session::give_up_link() {
  connected_ = false;
  is_received_ = false;
  if (!commands_) return;
  commands_->shut_down();  // who waits for answers hears of it
  commands_.reset();
  notify();
}

void session::refuse_eviction(const answer& reply) {
  const answer info = accepted("INFO", reply);
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

void session::compose_all(clock::time_point now) {
  for (auto one = sources_.begin(); one != sources_.end();) {
    endpoint& from = *one->second;
    if (!from.is_on_its_way && from.is_finished()) {
      one = sources_.erase(one);
    } else {
      compose(from, now);
      ++one;
    }
  }
}

void session::compose(endpoint& from, clock::time_point now) {
  if (from.is_on_its_way) return;
  auto content = from.compose(now);
  if (!content) return;
  sent_.push_back({&from, std::move(*content), now});
  from.is_on_its_way = true;
  append(sent_.back());
}

void session::append(const sent_call& one) {
  commands_->append(scripts_.command(one.content), one.content.arguments);
}

// What the socket does not take at once the thread writes.
void session::write() {
  if (!commands_->wants_to_write()) return;
  commands_->write();
  if (commands_->wants_to_write()) notify();
}

// Of those that have been read; false if there was none.
bool session::take_answers() {
  bool any = false;
  while (const answer result = commands_->next()) {
    if (sent_.empty()) throw link_broken("an answer to nothing");
    take_answer(result);
    any = true;
  }
  write();
  return any;
}

// And sends what the endpoint has to say next.
void session::take_answer(const answer& result) {
  endpoint& from = *sent_.front().from;
  if (result.is_error()) {
    refuse(from, result.text());
  } else {
    try {
      from.answered(result);
    } catch (const error& reason) {
      from.failed(reason);
    }
  }
  ++calls_;
  from.is_on_its_way = false;
  sent_.pop_front();
  compose(from, clock::now());
}

void session::refuse(endpoint& from, std::string_view text) {
  // These come before the script has begun. Connecting anew finds the new primary, and loads scripts that are
  // missing.
  if (starts_with_one_of(text, {"NOSCRIPT", "ERR Function not found"})) needs_scripts_ = true;
  if (starts_with_one_of(text, {"NOSCRIPT", "ERR Function not found", "LOADING", "READONLY", "MASTERDOWN",
                                "CLUSTERDOWN", "TRYAGAIN", "BUSY", "NOREPLICAS", "MISCONF"}))
    throw link_broken(std::string(text));
  const std::string what = "plait::remote: " + std::string(text);
  if (text.starts_with("OOM")) {
    from.refused(error(errc::out_of_memory, what));
    look_by(from.due());
  } else {
    from.failed(error(text.starts_with("NOPERM")                         ? errc::not_permitted
                      : text.find("WRONGTYPE") != std::string_view::npos ? errc::wrong_type
                                                                         : errc::protocol,
                      what));
  }
}

// A wake-up is the name of an endpoint without the part that all endpoints of this session have, and after a
// space what the endpoint is told.
void session::receive_notices() {
  (void)tell(notices_.receive(), nullptr);
}

// Says whether others than `but` are told.
bool session::tell(const std::vector<std::string>& woken, const endpoint* but) {
  bool others = false;
  const std::lock_guard lock(mutex_);
  for (const std::string_view one : woken) {
    const std::size_t space = std::min(one.find(' '), one.size());
    const auto found = sources_.find(id_ + '.' + std::string(one.substr(0, space)));
    if (found == sources_.end()) continue;
    found->second->woken(one.substr(std::min(space + 1, one.size())));
    others = others || found->second.get() != but;
  }
  return others;
}

clock::time_point session::next_due(clock::time_point now) const {
  clock::time_point until = now + options_.lease;
  for (const auto& [name, one] : sources_) {
    const clock::time_point due = one->due();
    if (!one->is_on_its_way || due > now)
      until = std::min(until, due);  // the others are asked after the answer
  }
  return ending_ ? std::min(until, end_by_) : until;
}

// The first descriptor is wake_up_.
bool session::wait(std::span<pollfd> descriptors, clock::time_point until) {
  looks_at_ = until;
  const int ready = poll_until(descriptors, pending_ ? clock::time_point::min() : until);
  looks_at_ = clock::time_point::min();
  if (ready == 0) return false;
  std::uint64_t count = 0;
  if (descriptors[0].revents != 0 && ::read(wake_up_, &count, sizeof count) == -1) return false;
  return true;
}

bool session::sleep(std::chrono::milliseconds time) {
  const clock::time_point until = clock::now() + time;
  do {
    pending_ = false;
    {
      const std::lock_guard lock(mutex_);
      if (is_over()) return false;
    }
    pollfd descriptor{.fd = wake_up_, .events = POLLIN, .revents = 0};
    (void)wait({&descriptor, 1}, until);
  } while (clock::now() < until);
  return true;
}

// From now on every structure of this session says why.
void session::fail(const error& reason) {
  {
    const std::lock_guard lock(mutex_);
    give_up_link();
    failure_ = reason;
    for (auto& [name, one] : sources_) one->failed(reason);
    sources_.clear();
    sent_.clear();
  }
  notices_.fail(reason);
}

// The session ends when its last user has gone and everything is said, or the time for that is over.
bool session::is_over() const {
  if (!ending_) return false;
  if (clock::now() >= end_by_) return true;
  return sent_.empty() && std::ranges::all_of(sources_, [](auto& one) { return one.second->is_finished(); });
}

}  // namespace plait::remote
