// SPDX-License-Identifier: MIT
// The policies that plait's is compared with, against references written the slow and obvious way.
#include <algorithm>
#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "replay/generators.hpp"
#include "replay/policies/arc.hpp"
#include "replay/policies/lru.hpp"
#include "replay/policies/s3_fifo.hpp"
#include "replay/policies/sieve.hpp"
#include "replay/policies/w_tinylfu.hpp"
#include "replay/simulation.hpp"

namespace {

using namespace plait::cli;
using key = entry_number;
using keys = std::list<key>;  // the newest in front

std::uint64_t hash_of(key of) {
  return std::mt19937_64(of)();
}

bool contains(const keys& all, key one) {
  return std::ranges::find(all, one) != all.end();
}

key take_back(keys& from) {
  const key last = from.back();
  from.pop_back();
  return last;
}

// One request after the other: ask() says whether the key was there, and afterwards keys() are.
class slow_list {  // LRU and FIFO
 public:
  slow_list(std::size_t capacity, bool reorders) : capacity_(capacity), reorders_(reorders) {}

  bool ask(key asked) {
    const bool there = contains(list_, asked);
    if (there && reorders_) list_.remove(asked);
    if (!there && list_.size() == capacity_) list_.pop_back();
    if (!there || reorders_) list_.push_front(asked);
    return there;
  }

 private:
  std::size_t capacity_;
  bool reorders_;
  keys list_;
};

class slow_sieve {
 public:
  explicit slow_sieve(std::size_t capacity) : capacity_(capacity) {}

  bool ask(key asked) {
    if (contains(list_, asked)) {
      visited_.insert(asked);
      return true;
    }
    if (list_.size() == capacity_) evict();
    list_.push_front(asked);
    return false;
  }

 private:
  void evict() {
    auto hand = hand_ == list_.end() ? std::prev(list_.end()) : hand_;
    const auto step = [&] { hand = hand == list_.begin() ? std::prev(list_.end()) : std::prev(hand); };
    while (visited_.erase(*hand) != 0) step();
    hand_ = hand == list_.begin() ? list_.end() : std::prev(hand);
    list_.erase(hand);
  }

  std::size_t capacity_;
  keys list_;
  std::set<key> visited_;
  keys::iterator hand_ = list_.end();  // the end: at the oldest
};

class slow_s3_fifo {
 public:
  explicit slow_s3_fifo(std::size_t capacity)
      : capacity_(capacity), small_(std::max<std::size_t>(capacity / 10, 1)) {}

  bool ask(key asked) {
    if (contains(s_, asked) || contains(m_, asked)) {
      hits_[asked] = std::min(3, hits_[asked] + 1);
      return true;
    }
    const bool ghost = contains(g_, asked);
    g_.remove(asked);
    while (s_.size() + m_.size() == capacity_) (s_.size() >= small_ || m_.empty()) ? evict_s() : evict_m();
    (ghost ? m_ : s_).push_front(asked);
    hits_[asked] = 0;
    return false;
  }

 private:
  void evict_s() {
    while (!s_.empty()) {
      const key oldest = take_back(s_);
      if (hits_[oldest] <= 1) {
        g_.push_front(oldest);
        if (g_.size() > std::max<std::size_t>(capacity_ - small_, 1)) g_.pop_back();
        return;
      }
      m_.push_front(oldest);
      hits_[oldest] = 0;
      if (m_.size() > capacity_ - small_) evict_m();
    }
  }

  void evict_m() {
    while (hits_[m_.back()] > 0) {
      --hits_[m_.back()];
      m_.push_front(take_back(m_));
    }
    m_.pop_back();
  }

  std::size_t capacity_, small_;
  keys s_, m_, g_;
  std::map<key, int> hits_;
};

// As in the paper, case by case.
class slow_arc {
 public:
  explicit slow_arc(std::size_t capacity) : c_(capacity) {}

  bool ask(key x) {
    if (contains(t1_, x) || contains(t2_, x)) {
      t1_.remove(x);
      t2_.remove(x);
      t2_.push_front(x);
      return true;
    }
    const auto size = [](const keys& list) { return static_cast<double>(list.size()); };
    const auto c = static_cast<double>(c_);
    if (contains(b1_, x)) {
      p_ = std::min(c, p_ + std::max(1.0, size(b2_) / size(b1_)));
      replace(false);
      b1_.remove(x);
      t2_.push_front(x);
    } else if (contains(b2_, x)) {
      p_ = std::max(0.0, p_ - std::max(1.0, size(b1_) / size(b2_)));
      replace(true);
      b2_.remove(x);
      t2_.push_front(x);
    } else {
      if (t1_.size() + b1_.size() == c_) {
        if (t1_.size() < c_) {
          b1_.pop_back();
          replace(false);
        } else {
          t1_.pop_back();
        }
      } else if (t1_.size() + t2_.size() + b1_.size() + b2_.size() >= c_) {
        if (t1_.size() + t2_.size() + b1_.size() + b2_.size() == 2 * c_) b2_.pop_back();
        replace(false);
      }
      t1_.push_front(x);
    }
    return false;
  }

 private:
  void replace(bool x_was_in_b2) {
    const auto once = static_cast<double>(t1_.size());
    if (!t1_.empty() && (once > p_ || (x_was_in_b2 && once == p_)))
      b1_.push_front(take_back(t1_));
    else
      b2_.push_front(take_back(t2_));
  }

  std::size_t c_;
  double p_ = 0;
  keys t1_, t2_, b1_, b2_;
};

class slow_w_tinylfu {
 public:
  explicit slow_w_tinylfu(std::size_t capacity) : capacity_(capacity) {
    set_window(std::max<std::size_t>(1, capacity / 100));
  }

  void set_window(std::size_t size) {
    window_ = size;
    protected_ = (capacity_ - std::min(window_, capacity_)) * 4 / 5;
  }

  bool ask(key asked) {
    sketch_.make_room(w_.size() + p_.size() + r_.size() + (is_there(asked) ? 0 : 1));
    sketch_.add(hash_of(asked));
    if (is_there(asked)) {
      keys& to = contains(w_, asked) ? w_ : r_;
      for (keys* const list : {&w_, &p_, &r_}) list->remove(asked);
      to.push_front(asked);
      demote();
      return true;
    }
    w_.push_front(asked);
    demote();
    while (w_.size() > window_) {
      const key candidate = take_back(w_);
      if (w_.size() + p_.size() + r_.size() == capacity_) {
        keys& from = p_.empty() ? r_ : p_;
        if (from.empty()) continue;
        const unsigned wanted = sketch_.frequency(hash_of(candidate));
        if (wanted <= sketch_.frequency(hash_of(from.back())) && (wanted < 6 || !lucky())) continue;
        from.pop_back();
      }
      p_.push_front(candidate);
    }
    while (w_.size() + p_.size() + r_.size() > capacity_) (!p_.empty() ? p_ : !r_.empty() ? r_ : w_).pop_back();
    return false;
  }

 private:
  bool is_there(key one) const { return contains(w_, one) || contains(p_, one) || contains(r_, one); }
  void demote() {
    while (r_.size() > protected_) p_.push_front(take_back(r_));
  }
  bool lucky() {
    random_ = random_ * 6364136223846793005 + 1442695040888963407;
    return random_ / (std::uint64_t{1} << 57) == 0;
  }

  std::size_t capacity_, window_ = 0, protected_ = 0;
  keys w_, p_, r_;
  frequency_sketch sketch_;
  std::uint64_t random_ = 1;
};

// Looks at the hit ratio of every ten requests for each entry there is room for.
class slow_climber {
 public:
  explicit slow_climber(std::size_t capacity)
      : cache_(capacity), room_(static_cast<double>(capacity)), step_(-0.0625 * room_), window_(room_ / 100) {}

  bool ask(key asked) {
    const bool there = cache_.ask(asked);
    asked_ += 1;
    hits_ += there;
    if (asked_ < 10 * room_) return there;
    const double ratio = hits_ / asked_;
    const double change = previous_ < 0 ? 0 : ratio - previous_;
    const double amount = change < 0 ? -step_ : step_;
    if (change >= 0.05 || change <= -0.05)
      step_ = amount < 0 ? -0.0625 * room_ : 0.0625 * room_;
    else
      step_ = 0.98 * amount;
    window_ = std::min(std::max(window_ + amount, 1.0), std::max(room_ - 1, 1.0));
    const auto most = static_cast<std::size_t>(std::max(room_, 2.0)) - 1;
    cache_.set_window(std::min(static_cast<std::size_t>(window_ + 0.5), most));
    previous_ = ratio;
    asked_ = hits_ = 0;
    return there;
  }

 private:
  slow_w_tinylfu cache_;
  double room_, step_, window_, previous_ = -1, asked_ = 0, hits_ = 0;
};

std::vector<key> mixed_keys(unsigned seed, key different) {
  std::mt19937 random(seed);
  std::vector<key> asked;
  key at = 0;
  while (asked.size() < 4000) {
    const auto kind = random() % 3;
    for (std::size_t i = random() % 120; i != 0; --i) {
      const auto drawn = static_cast<key>(random() % different);
      if (kind == 0) asked.push_back(at++ % different);
      if (kind == 1) asked.push_back(std::min(drawn, static_cast<key>(random() % different)));
      if (kind == 2) asked.push_back((at + drawn % 5) % different);
    }
  }
  return asked;
}

template <class Fast>
void expect_same(auto make_slow) {
  for (const std::size_t capacity : {1u, 2u, 3u, 10u, 25u, 60u}) {
    for (const key different : {5u, 30u, 100u}) {
      SCOPED_TRACE(testing::Message() << "capacity " << capacity << ", " << different << " keys");
      Fast fast(capacity);
      auto slow = make_slow(capacity);
      std::set<key> there;
      std::size_t step = 0;
      for (const key asked : mixed_keys(static_cast<unsigned>(capacity), different)) {
        ++step;
        ASSERT_EQ(there.contains(asked), slow.ask(asked)) << "at step " << step;
        if (there.contains(asked)) {
          fast.hit(asked);
        } else {
          there.insert(asked);
          fast.insert(asked, hash_of(asked), 1, [&](key gone) { ASSERT_EQ(there.erase(gone), 1u); });
        }
        ASSERT_EQ(fast.weight(), there.size());
        ASSERT_LE(there.size(), capacity);
      }
    }
  }
}

TEST(replay_policies, lru_does_what_the_slow_one_does) {
  expect_same<lru>([](std::size_t capacity) { return slow_list(capacity, true); });
}
TEST(replay_policies, fifo_does_what_the_slow_one_does) {
  expect_same<fifo>([](std::size_t capacity) { return slow_list(capacity, false); });
}
TEST(replay_policies, sieve_does_what_the_slow_one_does) {
  expect_same<sieve>([](std::size_t capacity) { return slow_sieve(capacity); });
}
TEST(replay_policies, s3_fifo_does_what_the_slow_one_does) {
  expect_same<s3_fifo>([](std::size_t capacity) { return slow_s3_fifo(capacity); });
}
TEST(replay_policies, arc_does_what_the_slow_one_does) {
  expect_same<arc>([](std::size_t capacity) { return slow_arc(capacity); });
}
TEST(replay_policies, w_tinylfu_does_what_the_slow_one_does) {
  expect_same<w_tinylfu>([](std::size_t capacity) { return slow_w_tinylfu(capacity); });
}
TEST(replay_policies, the_climber_does_what_the_slow_one_does) {
  expect_same<w_tinylfu_climber>([](std::size_t capacity) { return slow_climber(capacity); });
}

// Weights, and entries that leave for another reason: whoever is told to leave was there, and all fit.
template <class Policy>
class with_weights : public testing::Test {};
using policies = testing::Types<adaptive_tinylfu, lru, fifo, sieve, s3_fifo, arc, w_tinylfu, w_tinylfu_climber>;
TYPED_TEST_SUITE(with_weights, policies);

TYPED_TEST(with_weights, never_exceed_the_capacity) {
  for (const std::uint64_t capacity : {1u, 7u, 40u, 300u}) {
    TypeParam policy(capacity);
    std::map<key, std::uint64_t> there;
    std::uint64_t weight = 0;
    std::mt19937 random(3);
    const auto remove = [&](key gone) {
      ASSERT_TRUE(there.contains(gone)) << "it has left already";
      weight -= there[gone];
      there.erase(gone);
    };
    for (const key asked : mixed_keys(9, 80)) {
      if (there.contains(asked) && random() % 20 == 0) {
        policy.erase(asked);
        remove(asked);
      } else if (there.contains(asked)) {
        policy.hit(asked);
      } else {
        const std::uint64_t its = 1 + hash_of(asked) % 30;
        weight += there[asked] = its;
        policy.insert(asked, hash_of(asked), its, remove);
        ASSERT_FALSE(its > capacity && there.contains(asked));
      }
      ASSERT_EQ(policy.weight(), weight);
      ASSERT_LE(weight, policy.capacity());
    }
  }
}

double hit_percent(const std::string& policy, const trace& of, std::uint64_t capacity) {
  const auto found = std::ranges::find(policy_kinds(), policy, &policy_kind::name);
  return 100 * found->run(of, capacity, unit::entries, [](std::size_t) {}).hit_ratio();
}

TEST(replay_policies, a_loop_that_does_not_fit_is_lost_by_lru_and_half_kept_by_plait) {
  const trace loop = *generate_trace("loop:1000:100000");
  EXPECT_EQ(hit_percent("lru", loop, 500), 0);
  EXPECT_EQ(hit_percent("lru", loop, 1000), 99);
  EXPECT_GT(hit_percent("plait", loop, 500), 45);
}

TEST(replay_policies, popular_keys_are_kept_through_a_scan_by_all_but_lru_and_fifo) {
  const trace scan = *generate_trace("scan:1000:100000");
  const double lru_has = hit_percent("lru", scan, 100);
  for (const char* const other : {"plait", "s3_fifo", "sieve", "w_tinylfu", "w_tinylfu_climber"})
    EXPECT_GT(hit_percent(other, scan, 100), lru_has + 5) << other;
}

}  // namespace
