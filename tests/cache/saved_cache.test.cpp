// SPDX-License-Identifier: MIT
// save_cache and load_cache: what was saved comes back, and what is cut off, changed or foreign does not.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <plait/expiring_cache.hpp>
#include <plait/saved_cache.hpp>

#include "support/manual_clock.hpp"

struct point {
  int x, y;
  bool operator==(const point&) const = default;
};
struct labelled {
  std::string label;
  int value;
  bool operator==(const labelled&) const = default;
};
template <>
struct plait::cache_codec<labelled> {
  static constexpr std::uint64_t id = 0xabcd;
  static void write(cache_writer& to, const labelled& from) {
    cache_codec<std::string>::write(to, from.label);
    to.write(from.value);
  }
  static labelled read(cache_reader& from) {
    std::string label = cache_codec<std::string>::read(from);
    return {std::move(label), from.read<int>()};
  }
};

namespace {

using namespace std::chrono_literals;

template <class K, class V>
using cache_of = plait::expiring_cache<K, V, plait::detail::key_hash<K>, std::equal_to<>, manual_clock>;
using texts = cache_of<std::string, std::string>;

std::string saved(const auto& cache) {
  std::ostringstream out;
  plait::save_cache(cache, out);
  return out.str();
}

// The message, if it was refused and nothing was put in.
template <class Cache = texts>
std::string refusal(const std::string& bytes) {
  Cache cache({.capacity = 100});
  std::istringstream in(bytes);
  try {
    plait::load_cache(cache, in);
    return "";
  } catch (const std::runtime_error& thrown) {
    EXPECT_EQ(cache.size(), 0u) << "nothing, or all";
    return thrown.what();
  }
}
bool mentions(const std::string& message, const char* what) {
  return message.find(what) != std::string::npos;
}

std::string three_texts() {
  texts cache({.capacity = 100});
  for (const char* key : {"a", "bb", "ccc"}) cache.put(key, std::string(key) + " value", 10s);
  return saved(cache);
}

TEST(saved_cache, comes_back_with_its_times) {
  texts cache({.capacity = 1000});
  for (int i = 0; i != 500; ++i)
    cache.put(std::to_string(i), std::string(static_cast<std::size_t>(i), 'v'), 10s + i * 1s);
  cache.put("endless", "");
  cache.put("over", "", 1s);
  manual_clock::advance(5s);
  std::stringstream file;
  EXPECT_EQ(plait::save_cache(cache, file), 501u);
  manual_clock::advance(24h);
  texts fresh({.capacity = 1000});
  EXPECT_EQ(plait::load_cache(fresh, file), 501u);
  EXPECT_EQ(fresh.size(), 501u);
  for (int i = 0; i != 500; ++i) {
    const std::string key = std::to_string(i);
    EXPECT_EQ(fresh.get(key), std::string(static_cast<std::size_t>(i), 'v'));
    const auto left = fresh.time_to_live(key)->length();
    EXPECT_TRUE(left <= 5s + i * 1s && left > 5s + i * 1s - 3ms);
  }
  EXPECT_TRUE(fresh.time_to_live("endless")->is_endless());
  EXPECT_FALSE(fresh.contains("over"));
}

TEST(saved_cache, what_ended_in_between_stays_away_if_that_is_said) {
  std::istringstream in(three_texts());
  texts fresh({.capacity = 10});
  EXPECT_EQ(plait::load_cache(fresh, in, 10s), 0u);
  std::istringstream again(three_texts());
  EXPECT_EQ(plait::load_cache(fresh, again, 9s), 3u);
  EXPECT_LE(fresh.time_to_live("a")->length(), 1s);
}

TEST(saved_cache, times_too_far_away_to_count_are_over_or_endless) {
  texts fresh({.capacity = 10});
  std::istringstream in(three_texts());
  EXPECT_EQ(plait::load_cache(fresh, in, std::chrono::nanoseconds::max()), 0u);
  std::istringstream again(three_texts());
  EXPECT_EQ(plait::load_cache(fresh, again, std::chrono::nanoseconds::min()), 3u);
  EXPECT_TRUE(fresh.time_to_live("a")->is_endless());
}

TEST(saved_cache, of_words_and_of_types_with_a_codec) {
  cache_of<int, point> points({.capacity = 100});
  points.put(1, {2, 3});
  std::istringstream in(saved(points));
  cache_of<int, point> more({.capacity = 100});
  EXPECT_EQ(plait::load_cache(more, in), 1u);
  EXPECT_EQ(more.get(1), (point{2, 3}));

  cache_of<int, labelled> labels({.capacity = 100});
  labels.put(1, {"label", 7});
  std::istringstream own(saved(labels));
  cache_of<int, labelled> others({.capacity = 100});
  EXPECT_EQ(plait::load_cache(others, own), 1u);
  EXPECT_EQ(others.get(1), (labelled{"label", 7}));
}

TEST(saved_cache, an_empty_one_is_whole) {
  EXPECT_EQ(refusal(saved(texts({.capacity = 10}))), "");
}

TEST(saved_cache, a_smaller_cache_keeps_what_was_hot) {
  cache_of<int, int> cache({.capacity = 400});
  for (int i = 0; i != 400; ++i) cache.put(i, i);
  for (int round = 0; round != 3; ++round)
    for (int i = 100; i != 150; ++i) cache.get(i);
  std::istringstream in(saved(cache));
  cache_of<int, int> small({.capacity = 100});
  plait::load_cache(small, in);
  int kept = 0;
  for (int i = 100; i != 150; ++i) kept += small.contains(i) ? 1 : 0;
  EXPECT_EQ(small.size(), 100u);
  EXPECT_EQ(kept, 50);
}

// A capacity of thousands is that of several shards, each of which is saved from hot to cold.
TEST(saved_cache, a_smaller_cache_keeps_what_was_hot_in_any_shard) {
  cache_of<int, int> cache({.capacity = 4000});
  for (int i = 0; i != 4000; ++i) cache.put(i, i);
  for (int round = 0; round != 3; ++round)
    for (int i = 0; i != 500; ++i) cache.get(i);
  std::istringstream in(saved(cache));
  cache_of<int, int> small({.capacity = 1000});
  plait::load_cache(small, in);
  int kept = 0;
  for (int i = 0; i != 500; ++i) kept += small.contains(i) ? 1 : 0;
  EXPECT_GE(kept, 450);
}

TEST(saved_cache, a_smaller_cache_with_weights_keeps_what_was_hot) {
  const auto weigh = [](int, int) { return std::uint64_t{10}; };
  cache_of<int, int> cache({.capacity = 2000, .heaviest = 2000}, weigh);
  for (int i = 0; i != 200; ++i) cache.put(i, i);
  for (int round = 0; round != 3; ++round)
    for (int i = 100; i != 150; ++i) cache.get(i);
  std::istringstream in(saved(cache));
  cache_of<int, int> small({.capacity = 1000, .heaviest = 1000}, weigh);
  EXPECT_EQ(plait::load_cache(small, in), 100u);
  for (int i = 100; i != 150; ++i) EXPECT_TRUE(small.contains(i)) << i;
}

TEST(saved_cache, a_time_to_idle_begins_anew) {
  cache_of<int, int> cache({.capacity = 10, .time_to_idle = 10s});
  cache.put(1, 1);
  cache.put(2, 2, 20s);
  manual_clock::advance(8s);
  std::istringstream in(saved(cache));
  cache_of<int, int> fresh({.capacity = 10, .time_to_idle = 10s});
  EXPECT_EQ(plait::load_cache(fresh, in), 2u);
  manual_clock::advance(8s);
  EXPECT_EQ(fresh.get(1), 1);
  EXPECT_EQ(fresh.get(2), 2);
  manual_clock::advance(8s);
  EXPECT_EQ(fresh.get(1), 1);
  EXPECT_EQ(fresh.get(2), std::nullopt) << "20 s are over, of which 8 were before it was saved";
  std::istringstream late(saved(cache));
  EXPECT_EQ(plait::load_cache(fresh, late), 0u) << "nobody asked for 10 s";
}

TEST(saved_cache, a_time_that_was_spread_is_not_spread_again) {
  const plait::cache_options spread{.capacity = 100, .time_to_live = 1000s, .spread = 0.5};
  cache_of<int, int> cache(spread);
  for (int i = 0; i != 50; ++i) cache.put(i, i);
  std::istringstream in(saved(cache));
  cache_of<int, int> fresh(spread);
  EXPECT_EQ(plait::load_cache(fresh, in), 50u);
  for (int i = 0; i != 50; ++i)
    EXPECT_GE(fresh.time_to_live(i)->length(), cache.time_to_live(i)->length() - 3ms) << i;
}

TEST(saved_cache, numbers_of_another_kind_are_refused) {
  cache_of<int, int> cache({.capacity = 10});
  cache.put(1, 1);
  EXPECT_TRUE(mentions((refusal<cache_of<int, float>>(saved(cache))), "other keys or values"));
  EXPECT_TRUE(mentions((refusal<cache_of<int, unsigned>>(saved(cache))), "other keys or values"));
}

// Trap: a program that was killed while it wrote.
TEST(saved_cache, what_is_cut_off_anywhere_is_refused) {
  const std::string whole = three_texts();
  EXPECT_EQ(refusal(whole), "");
  for (std::size_t length = 0; length != whole.size(); ++length) {
    const std::string message = refusal(whole.substr(0, length));
    EXPECT_TRUE(mentions(message, "cut off") && mentions(message, ("byte " + std::to_string(length)).c_str()))
        << length << ": " << message;
  }
}

TEST(saved_cache, what_is_changed_anywhere_is_refused) {
  const std::string whole = three_texts();
  for (std::size_t at = 0; at != whole.size(); ++at)
    for (const int bit : {1, 16, 128}) {
      std::string changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ bit);
      EXPECT_NE(refusal(changed), "") << at;
    }
}

TEST(saved_cache, what_is_foreign_is_refused_by_what_it_is) {
  EXPECT_TRUE(
      mentions(refusal("PK\x03\x04, and so on, for more bytes than a header has in all"), "no saved cache"));
  std::string changed = three_texts();
  changed[8] = 1;
  EXPECT_TRUE(mentions(refusal(changed), "version 1, not 2"));
  std::string turned = three_texts();
  std::swap(turned[12], turned[15]);
  std::swap(turned[13], turned[14]);
  EXPECT_TRUE(mentions(refusal(turned), "byte order"));
  const std::string message = refusal<cache_of<std::string, int>>(three_texts());
  EXPECT_TRUE(mentions(message, "other keys or values"));
  EXPECT_NE((refusal<cache_of<int, std::int64_t>>(saved(cache_of<int, std::int32_t>({.capacity = 1})))), "");
}

// Trap: a length that is wrong, for which all memory is taken before the end is noticed.
TEST(saved_cache, a_length_beyond_all_memory_is_refused) {
  std::string changed = three_texts();
  const std::size_t length_of_first_key = 8 + 4 + 4 + 8 + 8 + 1 + 8 + 8 + 8;
  changed[length_of_first_key + 7] = 0x7f;
  EXPECT_TRUE(mentions(refusal(changed), "cut off"));
}

TEST(saved_cache, a_stream_that_takes_no_more_is_told) {
  texts cache({.capacity = 10});
  cache.put("a", "b");
  std::ostringstream full;
  full.setstate(std::ios::badbit);
  EXPECT_THROW(plait::save_cache(cache, full), std::runtime_error);
}

// Trap: the last bytes, which a file keeps back until it is flushed.
TEST(saved_cache, a_disk_without_room_for_the_last_bytes_is_told) {
  texts cache({.capacity = 10});
  cache.put("a", "b");
  std::ofstream full("/dev/full", std::ios::binary);
  ASSERT_TRUE(full);
  EXPECT_THROW(plait::save_cache(cache, full), std::runtime_error);
}

}  // namespace
