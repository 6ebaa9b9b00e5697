// SPDX-License-Identifier: MIT
// Any sequence of operations by one thread on two counters, compared with a model of Python's Counter.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <plait/keyed_counter.hpp>

#include "support/fuzz.hpp"

namespace {

using fuzz::require;

// Counts wrap around, in the counter and here.
std::int64_t sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

std::int64_t difference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
std::int64_t smaller(std::int64_t a, std::int64_t b) {
  return std::min(a, b);
}
std::int64_t greater(std::int64_t a, std::int64_t b) {
  return std::max(a, b);
}

using counts = std::vector<std::pair<std::string, std::int64_t>>;

// Keys in the order of their first add.
struct dictionary {
  counts all;
  std::map<std::string, std::size_t, std::less<>> places;

  void add(const std::string& key, std::int64_t n) {
    const auto [place, is_new] = places.try_emplace(key, all.size());
    if (is_new) all.emplace_back(key, 0);
    all[place->second].second = sum(all[place->second].second, n);
  }
  std::int64_t count(std::string_view key) const {
    const auto place = places.find(key);
    return place == places.end() ? 0 : all[place->second].second;
  }
  bool erase(std::string_view key) {
    const auto place = places.find(key);
    if (place == places.end()) return false;
    const std::size_t erased = place->second;
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(erased));
    places.erase(place);
    for (auto& [other, at] : places) at -= at > erased ? 1 : 0;
    return true;
  }
  counts ranked() const {
    // Equals stay in the order in which they are inserted.
    std::multimap<std::int64_t, std::string, std::greater<>> by_count;
    for (const auto& [key, n] : all) by_count.emplace(n, key);
    counts result;
    for (const auto& [n, key] : by_count) result.emplace_back(key, n);
    return result;
  }
};

// As Python combines two Counters: only what is positive stays.
counts combined(const dictionary& left, const dictionary& right,
                std::int64_t (*combine)(std::int64_t, std::int64_t)) {
  counts result;
  const auto keep = [&](const std::string& key, std::int64_t n) {
    if (n > 0) result.emplace_back(key, n);
  };
  for (const auto& [key, n] : left.all) keep(key, combine(n, right.count(key)));
  for (const auto& [key, n] : right.all)
    if (!left.places.contains(key)) keep(key, combine(0, n));
  return result;
}

struct counted {
  plait::keyed_counter<std::string> counter;
  dictionary model;
};

// Short keys and long ones are kept in different ways; many differ only in their last byte.
std::string some_key(fuzz::input& in) {
  std::string key(in.below(24), static_cast<char>('a' + in.below(2)));
  if (!key.empty()) key.back() = static_cast<char>(in.byte());
  return key;
}

std::int64_t some_count(fuzz::input& in) {
  constexpr std::array<std::int64_t, 6> counts{1, 2, 0, -1, INT64_MAX, INT64_MIN};
  return counts[in.below(counts.size())];
}

void compare(const counted& one) {
  const auto& [counter, model] = one;
  std::int64_t total = 0;
  for (const auto& [key, count] : model.all) total = sum(total, count);
  require(counter.total() == total, "total()");
  require(counter.size() == model.all.size(), "size()");
  require(counter.empty() == model.all.empty(), "empty()");
  require(counter.snapshot() == model.all, "snapshot()");
}

void step(fuzz::input& in, counted& one, counted& other) {
  auto& [counter, model] = one;
  switch (in.below(13)) {
    case 0: {
      std::string key = some_key(in);
      const std::int64_t n = some_count(in);
      model.add(key, n);
      return in.flag() ? counter.add(std::string_view(key), n) : counter.add(std::move(key), n);
    }
    case 1: {
      std::vector<std::string> keys;
      for (unsigned left = in.below(16); left != 0; --left) keys.push_back(some_key(in));
      for (const std::string& key : keys) model.add(key, 1);
      return counter.update(keys);
    }
    case 2: {
      // More than one batch, and a table that grows.
      if (in.below(4) != 0) return;
      std::vector<std::string> keys;
      for (unsigned i = 0, count = 3 * in.byte(); i != count; ++i) keys.push_back(std::to_string(i));
      for (const std::string& key : keys) model.add(key, 1);
      const std::vector<std::string_view> views(keys.begin(), keys.end());
      return counter.update(views);
    }
    case 3: {
      const std::string key = some_key(in);
      return require(counter.count(key) == model.count(key), "count()");
    }
    case 4: {
      counts expected = model.ranked();
      const std::size_t n = in.byte();
      if (n < expected.size()) expected.resize(n);
      return require(counter.most_common(n) == expected, "most_common()");
    }
    case 5:
      counter.merge(other.counter);
      for (const auto& [key, n] : other.model.all) model.add(key, n);
      return;
    case 6: {
      counter.merge(counter);
      for (auto& [key, n] : model.all) n = sum(n, n);
      return;
    }
    case 7:
      counter.subtract(other.counter);
      for (const auto& [key, n] : other.model.all) model.add(key, difference(0, n));
      return;
    case 8: {
      const std::string key = some_key(in);
      return require(counter.erase(std::string_view(key)) == model.erase(key), "erase()");
    }
    case 9: {
      const auto expected = [&](auto combine) { return combined(model, other.model, combine); };
      switch (in.below(4)) {
        case 0:
          return require((counter + other.counter).snapshot() == expected(sum), "+");
        case 1:
          return require((counter - other.counter).snapshot() == expected(difference), "-");
        case 2:
          return require((counter & other.counter).snapshot() == expected(smaller), "&");
        default:
          return require((counter | other.counter).snapshot() == expected(greater), "|");
      }
    }
    case 10: {
      std::int64_t elements = 0;
      std::size_t at = 0;
      for (const std::string& key : counter.elements()) {
        while (model.all[at].second < 1 || elements == model.all[at].second) {
          ++at;
          elements = 0;
        }
        require(key == model.all[at].first, "elements()");
        if (++elements == 100) return;  // the rest may be 2^63
      }
      return;
    }
    case 11: {
      // Erases so many keys that their entries are left out of a copy.
      for (unsigned left = in.byte(); left != 0 && !model.all.empty(); --left) {
        const std::string key = model.all[in.below(static_cast<unsigned>(model.all.size()))].first;
        require(counter.erase(key), "erase()");
        model.erase(key);
      }
      return;
    }
    default:
      if (in.below(4) != 0) return compare(one);
      counter.clear();
      model = {};
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  counted left;
  counted right;
  while (!in.empty()) in.flag() ? step(in, left, right) : step(in, right, left);
  compare(left);
  compare(right);
  return 0;
}
