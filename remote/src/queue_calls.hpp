// SPDX-License-Identifier: MIT
// queue_calls: a queue's end on this side: it merges what callers want to push, to take and to acknowledge
// into one call, and hands out what comes back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include <plait/remote/queue_end.hpp>

#include "bundle.hpp"
#include "endpoint.hpp"
#include "request.hpp"
#include "session.hpp"

namespace plait::remote {

class queue_calls final : public endpoint, public queue_end {
 public:
  static std::shared_ptr<queue_calls> make(session& session, std::string_view name,
                                           const queue_options& options, item_order order);

  conqueue_status push(std::vector<std::string> values, std::size_t& accepted, bool waits,
                       const wait_limits& limits) override;
  conqueue_status take(std::vector<delivered_item>& items, std::size_t most, bool waits,
                       const wait_limits& limits) override;
  void done(const delivered_item& item) override;
  bool done_for_sure(const delivered_item& item) override;
  void give_back(const delivered_item& item) override { give_back(item, "refused"); }
  void bury(const delivered_item& item, std::string reason) override { give_back(item, std::move(reason)); }
  std::uint64_t lost_leases() override;
  bool lease_may_be_over() override;
  void remember(delivered_item item) override;
  delivered_item oldest_of_this_thread() override;
  void close() override { ask({"close"}); }
  std::size_t close_and_discard() override;
  void expire_after(std::chrono::seconds time) override { ask({"expire", std::to_string(time.count())}); }
  queue_state look() override { return ask({})->seen; }
  conqueue_status join(const wait_limits& limits) override;
  void leave() override;

  std::optional<call> compose(clock::time_point now) override;
  clock::time_point due() override;
  void answered(const answer& result) override;
  void refused(const error& reason) override;
  void woken(std::string_view message) override;
  void failed(const error& reason) override;
  bool is_finished() override;

 private:
  struct push_request : request {
    std::vector<std::string> values;
    std::size_t accepted = 0;
    std::size_t offered = 0;  // in the call that is on its way
  };
  struct take_request : request {
    std::size_t most = 1;
    std::vector<delivered_item> items;
  };
  struct question : request {
    std::vector<std::string> what;  // an operation; empty: it only wants to see the state
    std::uint64_t result = 0;
    queue_state seen;
  };
  struct acknowledgement : request {};

  // A take whose items are not all finished.
  struct flight {
    std::size_t left = 0;                // items that are neither acknowledged nor given back
    std::vector<std::uint64_t> to_send;  // indices that are done, and the server does not know
    std::vector<std::shared_ptr<acknowledgement>> waiting;
  };
  struct returned_item {
    std::uint64_t take, index;
    std::string how;
  };
  struct sent_acknowledgement {
    std::uint64_t take;
    std::vector<std::uint64_t> indices;
    std::vector<std::shared_ptr<acknowledgement>> waiting;
  };
  // A call that found less than was wanted, and is in the server's line: items that are pushed later may be
  // handed over to it, in a message.
  struct waiting_take {
    std::uint64_t number;
    std::size_t most;
    bool operator==(const waiting_take&) const = default;
  };
  // What the call that is on its way carries, in the order of its operations.
  struct content {
    bool opens = false;
    std::optional<waiting_take> recalled;
    std::vector<sent_acknowledgement> done;
    std::vector<returned_item> returned;
    std::vector<std::shared_ptr<question>> questions;
    std::vector<std::shared_ptr<push_request>> pushes;
    std::vector<std::shared_ptr<take_request>> takes;
    std::optional<waiting_take> waits;  // if it finds nothing
    bool pushes_rest = false;
    bool joins = false, leaves = false, beats = false;
    clock::time_point at;
  };

  queue_calls(session& session, const queue_options& options, item_order order)
      : session_(session), options_(options), order_(order) {}

  std::shared_ptr<question> ask(std::vector<std::string> what);
  void give_back(const delivered_item& item, std::string how);  // how: see the script
  bool has_something_to_say(clock::time_point now) const;
  void add_acknowledgements(std::vector<std::string>& words);
  void add_pushes(std::vector<std::string>& words);
  void add_takes(std::vector<std::string>& words);
  void take_answers(const answer& result);
  void hand_out(std::uint64_t take, std::uint64_t first, bundle_reader items);
  void receive(std::uint64_t take, std::uint64_t first, std::string_view items);
  void await_message(std::unique_lock<std::mutex>& lock, request& mine, const wait_limits& limits);
  void withdraw(std::unique_lock<std::mutex>& lock);
  void settle_pushes(std::size_t accepted);
  void settle_takes();
  void finish(std::uint64_t take, std::uint64_t index, std::shared_ptr<acknowledgement> waiting = nullptr);
  void throw_failure() const;
  void carry_out(std::unique_lock<std::mutex>& lock, const request& mine);
  template <class Request>
  static void forget(std::deque<std::shared_ptr<Request>>& from, const std::shared_ptr<Request>& what);

  static constexpr std::size_t most_items = 1000, most_bytes = 1 << 20;  // of one call
  static constexpr auto acknowledgement_delay = std::chrono::milliseconds(1);
  static constexpr auto refusal_delay = std::chrono::milliseconds(100);

  session& session_;
  const queue_options options_;
  const item_order order_;
  std::string key_;
  std::string name_;  // the session's, as the server knows it

  std::mutex mutex_;
  std::deque<std::shared_ptr<push_request>> pushes_;  // not settled, in the order in which they came
  std::deque<std::shared_ptr<take_request>> takes_;
  std::deque<std::shared_ptr<request>> joins_;
  std::vector<std::shared_ptr<question>> questions_;
  std::map<std::uint64_t, flight> flights_;  // by the number of the call that took them
  std::vector<returned_item> returned_;      // to be told the server
  std::deque<delivered_item> stranded_;      // delivered at most once, to callers who had gone
  std::unordered_map<std::thread::id, std::deque<delivered_item>> unfinished_;

  content sent_;
  bool is_sent_ =
      false;  // the call with that content is on its way; whoever receives its answer sends the next
  std::uint64_t number_ = 0;  // of the last call that was composed
  queue_state known_;
  std::optional<waiting_take> waiting_take_;  // nothing has been handed over to it yet, as far as is known
  bool opened_ = false;
  bool asked_ = false;  // by a caller or a wake-up, since the last call was composed
  clock::time_point next_beat_, not_before_;
  clock::time_point acknowledge_by_ = clock::time_point::max();
  clock::time_point renewed_;  // when the last beat that was answered was sent
  std::uint64_t lost_leases_ = 0;
  std::optional<error> failure_;
  bool leaving_ = false, finished_ = false, left_ = false;
  std::condition_variable has_left_;
};

}  // namespace plait::remote
