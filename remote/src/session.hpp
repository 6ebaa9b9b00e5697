// SPDX-License-Identifier: MIT
// session: what stands behind a connection: the link for calls, the link for notices, and the thread.
//
// A caller who finds that nobody waits for answers sends its call and waits for the answer itself: no thread
// has to be woken. While callers' calls overlap the thread waits for answers, and a caller waits for the
// thread. The thread also sends what nobody waits for (beats, acknowledgements, what was collected), listens
// for wake-ups, and connects.
//
// Two links, because a connection in RESP2 that listens to a channel can do nothing else. They are made
// together and given up together.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>

#include <poll.h>

#include <plait/remote/connection.hpp>
#include <plait/remote/error.hpp>

#include "address.hpp"
#include "bell.hpp"
#include "endpoint.hpp"
#include "link.hpp"
#include "notices.hpp"
#include "primary.hpp"
#include "server_scripts.hpp"

namespace plait::remote {

class session {
 public:
  // Connects; throws error.
  session(std::string_view url, const connection_options& options);
  ~session();
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  const connection_options& options() const noexcept { return options_; }
  bool is_connected() const noexcept { return connected_.load(); }
  std::uint64_t reconnections() const noexcept { return reconnections_.load(); }
  std::uint64_t calls() const noexcept { return calls_.load(); }

  // A name that no other endpoint of any process has. The server publishes its part after the dot to the
  // channel plait:wake:(its part before the dot).
  std::string unique_name();

  // It is served until it is finished.
  void add(std::shared_ptr<endpoint> added, const std::string& name);

  // For a caller without a lock, whose endpoint has something to say. Returns when `is_over` says so; or
  // earlier, if somebody else will receive the answer, or the connection is broken, as it is if no answer comes
  // within call_timeout.
  void carry_out(endpoint& from, const std::function<bool()>& is_over);

  // For a caller without a lock who waits for what the server says unasked: hears it in the thread's place, and
  // carries out the calls of its endpoint that follow from it, until `is_over` says so, or the limits are
  // reached. Returns earlier if somebody else listens.
  void await_message(endpoint& from, const wait_limits& limits, const std::function<bool()>& is_over);
  // Rung when is_over would say so.
  bell& bell_of_listener() noexcept { return bell_; }

  // The listener hears of changes of keys with that beginning, from when this returns. Throws error.
  void listen(const std::string& beginning, const std::shared_ptr<change_listener>& listener);
  void stop_listening(const change_listener& listener) { notices_.remove(listener); }

  // The thread looks by then whether endpoints have something to say; an endpoint's due() may have changed.
  void look_by(clock::time_point when);
  void notify() { look_by(clock::time_point::min()); }

 private:
  struct sent_call {
    endpoint* from;
    call content;
    clock::time_point since;
  };

  // What the thread does.
  void run();
  bool serve();  // until the session ends (false), or the connection breaks (true)
  void connect();
  bool reconnect();  // false: the session ends
  link make_link() const;
  static void refuse_eviction(const answer& reply);
  bool wait(std::span<pollfd> descriptors, clock::time_point until);  // false: nothing has happened
  bool sleep(std::chrono::milliseconds time);                         // false: the session ends
  void listen_anew();
  void receive_notices();
  bool tell(const std::vector<std::string>& woken, const endpoint* but);
  void fail(const error& reason);

  // With mutex_ locked.
  void install(std::shared_ptr<link> commands);
  void give_up_link();
  void compose_all(clock::time_point now);
  void compose(endpoint& from, clock::time_point now);
  void append(const sent_call& one);
  void write();
  bool take_answers();
  void take_answer(const answer& result);
  void refuse(endpoint& from, std::string_view text);
  clock::time_point next_due(clock::time_point now) const;
  clock::time_point answer_due() const { return sent_.front().since + options_.call_timeout; }
  bool is_over() const;

  const address address_;
  const connection_options options_;
  const std::string id_;

  std::atomic<unsigned> names_{0};
  std::atomic<std::uint64_t> reconnections_{0}, calls_{0};
  std::atomic<bool> connected_{false};

  // The thread sleeps until looks_at_, and never if that is the least time. Who wants it earlier sets
  // pending_, and then reads looks_at_; the thread does it the other way round. So one of them sees the
  // other.
  std::atomic<clock::time_point> looks_at_{clock::time_point::min()};
  std::atomic<bool> pending_{false};
  const int wake_up_;  // an eventfd, written to end the thread's sleep
  bell bell_;          // ends that of a caller who listens

  std::mutex mutex_;                // taken before that of an endpoint
  std::shared_ptr<link> commands_;  // null: the thread has to connect
  server_scripts scripts_;
  std::atomic<bool> needs_scripts_{true};  // the server has said that it lacks one, or has not been asked
  bool is_received_ = false;  // somebody waits for answers, and gives the link up if they take too long
  std::unordered_map<std::string, std::shared_ptr<endpoint>> sources_;  // by name
  std::deque<sent_call> sent_;  // in the order in which the answers will come
  bool ending_ = false;
  clock::time_point end_by_;
  std::optional<error> failure_;  // for endpoints that come later

  // The thread's own.
  address primary_;
  notices notices_;
  std::chrono::milliseconds pause_{0};  // before the next attempt to connect; 0 again once a call was answered
  std::uint64_t calls_before_ = 0;      // calls_ when the connection broke the last time

  std::thread thread_;
};

}  // namespace plait::remote
