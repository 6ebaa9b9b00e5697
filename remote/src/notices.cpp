// SPDX-License-Identifier: MIT
#include "notices.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

namespace plait::remote {
namespace {

int new_epoll() {
  const int result = ::epoll_create1(EPOLL_CLOEXEC);
  if (result == -1) throw std::system_error(errno, std::generic_category(), "plait::remote: epoll_create1");
  return result;
}

bool has_something(const link& from) {
  pollfd descriptor{.fd = from.descriptor(), .events = POLLIN, .revents = 0};
  return ::poll(&descriptor, 1, 0) > 0;
}

}  // namespace

notices::notices(const connection_options& options, const std::string& id)
    : options_(options), channel_("plait:wake:" + id), arrivals_(new_epoll()) {}

notices::~notices() {
  ::close(arrivals_);
}

std::shared_ptr<link> notices::lend() {
  const std::lock_guard lock(mutex_);
  if (receiver_ != receiver::nobody || !link_ || !tracked_.empty()) return nullptr;
  receiver_ = receiver::caller;
  ignore();
  return link_;
}

void notices::give_back(const std::shared_ptr<link>& lent) {
  const std::lock_guard lock(mutex_);
  if (lent != link_) return;
  receiver_ = receiver::nobody;
  watch();
}

void notices::watch() {
  epoll_event event{};
  event.events = EPOLLIN;
  if (::epoll_ctl(arrivals_, EPOLL_CTL_ADD, link_->descriptor(), &event) == -1)
    throw std::system_error(errno, std::generic_category(), "plait::remote: epoll_ctl");
}

// Not by asking for no events: the end of the link would be told all the same, again and again.
void notices::ignore() {
  (void)::epoll_ctl(arrivals_, EPOLL_CTL_DEL, link_->descriptor(), nullptr);
}

std::vector<std::string> notices::receive_from(link& lent) {
  std::vector<std::string> woken;
  lent.read();
  while (const answer message = lent.next())
    if (message.size() == 3) woken.emplace_back(message[2].text());
  return woken;
}

std::future<void> notices::add(const std::string& beginning, std::shared_ptr<change_listener> listener) {
  const std::lock_guard lock(mutex_);
  subscriptions_.push_back({{beginning, std::move(listener)}, std::promise<void>()});
  has_new_ = true;
  return subscriptions_.back().heard->get_future();
}

void notices::remove(const change_listener& listener) {
  const std::lock_guard lock(mutex_);
  std::erase_if(subscriptions_, [&](const subscription& one) { return one.listener.get() == &listener; });
}

void notices::fail(const error& reason) {
  lose();
  const std::lock_guard lock(mutex_);
  for (subscription& one : subscriptions_)
    if (one.heard) one.heard->set_exception(std::make_exception_ptr(reason));
  subscriptions_.clear();
}

void notices::listen(link fresh) {
  std::set<std::string> wanted;
  for (const interest& one : interests()) wanted.insert(one.beginning);
  if (!wanted.empty()) track(fresh, wanted);
  // One command: from then on something else may come in place of an answer.
  std::vector<std::string> subscribe{"SUBSCRIBE", channel_};
  if (!wanted.empty()) subscribe.emplace_back("__redis__:invalidate");
  fresh.send(subscribe);
  for (std::size_t i = 1; i < subscribe.size(); ++i) (void)accepted("SUBSCRIBE", fresh.receive());
  fresh.stop_blocking();
  lose();  // nobody has said what changed between the last link and this one
  probed_.reset();
  const std::lock_guard lock(mutex_);
  if (link_) {
    link_->shut_down();  // a caller who receives from it hears of that
    ignore();
  }
  link_ = std::make_shared<link>(std::move(fresh));
  receiver_ = receiver::nobody;
  watch();
  tracked_ = std::move(wanted);
  next_probe_ = tracked_.empty() ? clock::time_point::max() : clock::time_point::min();
}

// A server that does not permit it refuses the listeners alone.
void notices::track(link& fresh, const std::set<std::string>& beginnings) try {
  const answer id = accepted("CLIENT ID", fresh.call(std::vector<std::string>{"CLIENT", "ID"}));
  std::vector<std::string> command{"CLIENT", "TRACKING", "ON", "REDIRECT", std::to_string(id.number()),
                                   "BCAST"};
  for (const std::string& one : beginnings) command.insert(command.end(), {"PREFIX", one});
  (void)accepted("CLIENT TRACKING", fresh.call(command));
} catch (const error& reason) {
  fail(reason);
}

void notices::lose() {
  {
    const std::lock_guard lock(mutex_);
    tracked_.clear();
  }
  next_probe_ = clock::time_point::max();
  for (const interest& one : interests()) one.listener->hears_no_more();
}

bool notices::wants_another_link() {
  if (!has_new_.exchange(false)) return false;
  if (!probed_) next_probe_ = clock::time_point::min();
  return std::ranges::any_of(interests(),
                             [&](const interest& one) { return !tracked_.contains(one.beginning); });
}

std::vector<std::string> notices::receive() {
  {
    const std::lock_guard lock(mutex_);
    if (receiver_ == receiver::caller) return {};
    receiver_ = receiver::thread;
  }
  const auto end = [this] {
    const std::lock_guard lock(mutex_);
    receiver_ = receiver::nobody;
  };
  std::vector<std::string> woken;
  if (!has_something(*link_)) return end(), woken;  // a caller has received it meanwhile
  link_->read();
  while (const answer message = link_->next()) {
    if (message.size() == 2) {
      note_all_heard();
    } else if (message[1].text() == channel_) {
      woken.emplace_back(message[2].text());
    } else {
      tell(message[2]);
    }
  }
  end();
  return woken;
}

// No keys at all: the server has been emptied.
void notices::tell(const answer& keys) {
  for (const interest& one : interests()) {
    if (keys.is_nothing()) one.listener->all_changed();
    for (std::size_t i = 0; !keys.is_nothing() && i < keys.size(); ++i)
      if (const std::string_view key = keys[i].text(); key.starts_with(one.beginning))
        one.listener->changed(key.substr(one.beginning.size()));
  }
}

void notices::probe(clock::time_point now) {
  if (probed_) {
    if (now >= *probed_ + options_.call_timeout) throw link_broken("no answer to PING within call_timeout");
  } else if (now >= next_probe_) {
    probed_ = now;
    link_->append(std::vector<std::string>{"PING"});
  }
  if (link_->wants_to_write()) link_->write();
}

clock::time_point notices::due() const {
  return probed_ ? *probed_ + options_.call_timeout : next_probe_;
}

void notices::note_all_heard() {
  if (!probed_) throw link_broken("an answer to no PING");
  clock::duration pause = clock::duration::max();
  std::vector<interest> told = interests();
  std::erase_if(told, [&](const interest& one) { return !tracked_.contains(one.beginning); });
  for (const interest& one : told) {
    one.listener->has_heard_until(*probed_);
    pause = std::min<clock::duration>(pause, one.listener->max_stale() / 3);
  }
  next_probe_ = told.empty() ? clock::time_point::max() : *probed_ + pause;
  probed_.reset();
  const std::lock_guard lock(mutex_);
  for (subscription& one : subscriptions_) {
    const bool is_told =
        std::ranges::any_of(told, [&](const interest& each) { return each.listener == one.listener; });
    if (!one.heard || !is_told) continue;
    one.heard->set_value();
    one.heard.reset();
  }
}

std::vector<notices::interest> notices::interests() {
  const std::lock_guard lock(mutex_);
  return {subscriptions_.begin(), subscriptions_.end()};
}

}  // namespace plait::remote
