// SPDX-License-Identifier: MIT
// Judges a history of a leased queue: what was pushed, to whom it was delivered, and what was acknowledged.
//
//   1. Nothing is delivered that was not pushed.
//   2. Every item is acknowledged once, or its last holder was killed, who may have acknowledged it unseen.
//   3. Deliveries of an item are numbered 1, 2, 3, ... by the server; one may be missing if a holder was killed
//      before it said that it had the item.
//   4. An item is delivered again only after the lease before could have ended: its holder gave it back, or was
//      killed while it did, or was killed or stopped at least `least` before.
//   5. Tokens grow from delivery to delivery of an item.
//
// Times are those of the monotonic clock, which all processes of a machine share.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace support {

class lease_monitor {
 public:
  using clock = std::chrono::steady_clock;

  // A holder that is not heard of keeps its leases for at least `least`.
  explicit lease_monitor(clock::duration least) : least_(least) {}

  void pushed(std::int64_t item) { items_[item].is_pushed = true; }
  void delivered(std::int64_t item, int worker, std::uint64_t deliveries, std::uint64_t token,
                 clock::time_point when) {
    items_[item].deliveries.push_back({worker, deliveries, token, when, std::nullopt});
    if (!items_[item].is_pushed) stray_.push_back(item);
  }
  void acknowledged(std::int64_t item, int worker, clock::time_point when) {
    end(item, worker, when, outcome::done);
  }
  void too_late(std::int64_t item, int worker, clock::time_point when) {
    end(item, worker, when, outcome::late);
  }
  void begins_to_give_back(std::int64_t item, int worker, clock::time_point when) {
    end(item, worker, when, outcome::unseen);
  }
  void given_back(std::int64_t item, int worker, clock::time_point when) {
    end(item, worker, when, outcome::back);
  }
  // Killed, or stopped and perhaps continued later.
  void silent_from(int worker, clock::time_point when, bool killed) {
    silent_[worker].push_back({when, killed});
  }

  // What is wrong with it; nothing if all is well.
  std::vector<std::string> judge() const {
    std::vector<std::string> wrong;
    for (const std::int64_t item : stray_)
      wrong.push_back("item " + std::to_string(item) + " was never pushed");
    for (const auto& [item, of] : items_) judge_one(item, of, wrong);
    return wrong;
  }

 private:
  enum class outcome { done, late, unseen, back };
  struct delivery {
    int worker;
    std::uint64_t number, token;
    clock::time_point when;
    std::optional<std::pair<outcome, clock::time_point>> end;
  };
  struct item_history {
    bool is_pushed = false;
    std::vector<delivery> deliveries;
  };
  struct silence {
    clock::time_point from;
    bool for_ever;
  };

  void end(std::int64_t item, int worker, clock::time_point when, outcome how) {
    auto& all = items_[item].deliveries;
    const auto mine =
        std::find_if(all.rbegin(), all.rend(), [&](const delivery& one) { return one.worker == worker; });
    if (mine != all.rend()) mine->end = {how, when};
  }

  void judge_one(std::int64_t item, const item_history& of, std::vector<std::string>& wrong) const {
    const auto say = [&](const std::string& what) {
      wrong.push_back("item " + std::to_string(item) + ' ' + what);
    };
    std::vector<delivery> all = of.deliveries;
    std::ranges::sort(all, {}, &delivery::number);
    if (all.empty()) return say("was lost: it was never delivered");
    const auto done = std::ranges::count_if(
        all, [](const delivery& one) { return one.end && one.end->first == outcome::done; });
    if (done > 1) say("was acknowledged " + std::to_string(done) + " times");
    if (done == 0 && !is_killed(all.back().worker))
      say("was lost: its last holder lives and has not acknowledged it");
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::uint64_t before = i == 0 ? 0 : all[i - 1].number;
      if (all[i].number == before) say("has two deliveries numbered " + std::to_string(before));
      if (all[i].number > before + 1 && !anybody_was_killed())
        say("has a delivery numbered " + std::to_string(all[i].number) + " after number " +
            std::to_string(before));
      if (i == 0) continue;
      if (all[i].token <= all[i - 1].token) say("has a token that does not grow");
      if (!could_have_ended(all[i - 1], all[i].when)) say("was delivered again while its lease lasted");
    }
  }

  bool anybody_was_killed() const {
    return std::ranges::any_of(silent_, [this](const auto& one) { return is_killed(one.first); });
  }
  bool is_killed(int worker) const {
    const auto found = silent_.find(worker);
    return found != silent_.end() && std::ranges::any_of(found->second, &silence::for_ever);
  }

  bool could_have_ended(const delivery& before, clock::time_point again) const {
    if (before.end && before.end->first == outcome::back) return true;
    if (before.end && before.end->first == outcome::unseen && is_killed(before.worker)) return true;
    const auto found = silent_.find(before.worker);
    return found != silent_.end() &&
           std::ranges::any_of(found->second, [&](const silence& one) { return one.from + least_ <= again; });
  }

  const clock::duration least_;
  std::map<std::int64_t, item_history> items_;
  std::map<int, std::vector<silence>> silent_;
  std::vector<std::int64_t> stray_;
};

}  // namespace support
