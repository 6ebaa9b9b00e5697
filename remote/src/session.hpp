// SPDX-License-Identifier: MIT
// session: what stands behind a connection: the thread, the link for calls, and the link for wake-ups.
//
// Two links, because a connection in RESP2 that listens to a channel can do nothing else. They are made
// together and given up together.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <plait/remote/connection.hpp>
#include <plait/remote/error.hpp>

#include "address.hpp"
#include "endpoint.hpp"
#include "link.hpp"

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

  // The thread serves it until it is finished.
  void add(std::shared_ptr<endpoint> added, const std::string& name);

  // An endpoint has something to say, or its due time has changed.
  void notify();

 private:
  struct source {
    std::shared_ptr<endpoint> from;
    bool outstanding = false;  // a call of it is in sent_
  };
  struct sent_call {
    source* from;
    call content;
    clock::time_point since;
  };

  void run();
  void serve();  // until the connection breaks or the session ends
  void connect();
  bool reconnect();  // false: the session ends
  link make_link() const;
  void refuse_eviction(link& commands) const;
  void load_scripts(link& commands);
  void take_new_endpoints();
  void compose(clock::time_point now);
  void send(const sent_call& one);
  void receive_answers();
  void receive_wakes();
  void take_answer(const answer& result);
  void wait_for_events(clock::time_point now);
  bool sleep(std::chrono::milliseconds time);  // false: the session ends
  void fail(const error& reason);
  bool is_over();

  const address address_;
  const connection_options options_;
  const std::string id_;

  std::atomic<unsigned> names_{0};
  std::atomic<std::uint64_t> reconnections_{0}, calls_{0};
  std::atomic<bool> connected_{false};
  std::atomic<bool> asleep_{false};   // the thread waits for descriptors
  std::atomic<bool> pending_{false};  // somebody has called notify() since the thread last looked
  const int wake_up_;                 // an eventfd, written to end that wait

  std::mutex mutex_;
  std::vector<std::pair<std::string, std::shared_ptr<endpoint>>> added_;  // not yet seen by the thread
  bool ending_ = false;
  clock::time_point end_by_;
  std::optional<error> failure_;  // for endpoints that come later

  // The thread's own.
  std::unique_ptr<link> commands_, wakes_;
  std::unordered_map<std::string, source> sources_;  // by name
  std::deque<sent_call> sent_;                       // in the order in which the answers will come
  std::unordered_map<const script*, std::string> hashes_;
  std::chrono::milliseconds pause_{0};  // before the next attempt to connect; 0 again once a call was answered
  std::uint64_t calls_before_ = 0;      // calls_ when the connection broke the last time

  std::thread thread_;
};

}  // namespace plait::remote
