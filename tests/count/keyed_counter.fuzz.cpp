// SPDX-License-Identifier: MIT
// Any sequence of operations by one thread on two counters, against maps.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
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

struct counted {
  plait::keyed_counter<std::string> counter;
  std::map<std::string, std::int64_t> model;
};

// Short keys and long ones are kept in different ways; many differ in their last byte alone.
std::string some_key(fuzz::input& in) {
  std::string key(in.below(24), static_cast<char>('a' + in.below(2)));
  if (!key.empty()) key.back() = static_cast<char>(in.byte());
  return key;
}

std::int64_t some_count(fuzz::input& in) {
  constexpr std::array<std::int64_t, 6> counts{1, 2, 0, -1, INT64_MAX, INT64_MIN};
  return counts[in.below(counts.size())];
}

using ranking = std::vector<std::pair<std::string, std::int64_t>>;

ranking ranked(const std::map<std::string, std::int64_t>& model) {
  ranking all(model.begin(), model.end());
  std::ranges::sort(all, [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  return all;
}

void compare(const counted& one) {
  const auto& [counter, model] = one;
  std::int64_t total = 0;
  for (const auto& [key, count] : model) total = sum(total, count);
  require(counter.total() == total, "total()");
  require(counter.size() == model.size(), "size()");
  require(counter.empty() == model.empty(), "empty()");
  ranking all = counter.snapshot();
  std::ranges::sort(all);
  require(all == ranking(model.begin(), model.end()), "snapshot()");
}

void step(fuzz::input& in, counted& one, counted& other) {
  auto& [counter, model] = one;
  switch (in.below(8)) {
    case 0: {
      std::string key = some_key(in);
      const std::int64_t n = some_count(in);
      model[key] = sum(model[key], n);
      return in.flag() ? counter.add(std::string_view(key), n) : counter.add(std::move(key), n);
    }
    case 1: {
      std::vector<std::string> keys;
      for (unsigned left = in.below(16); left != 0; --left) keys.push_back(some_key(in));
      for (const std::string& key : keys) model[key] = sum(model[key], 1);
      return counter.update(keys);
    }
    case 2: {
      // More than one batch, and a table that grows.
      if (in.below(4) != 0) return;
      std::vector<std::string> keys;
      for (unsigned i = 0, count = 3 * in.byte(); i != count; ++i) keys.push_back(std::to_string(i));
      for (const std::string& key : keys) model[key] = sum(model[key], 1);
      const std::vector<std::string_view> views(keys.begin(), keys.end());
      return counter.update(views);
    }
    case 3: {
      const std::string key = some_key(in);
      const auto found = model.find(key);
      return require(counter.count(key) == (found == model.end() ? 0 : found->second), "count()");
    }
    case 4: {
      ranking expected = ranked(model);
      const std::size_t n = in.byte();
      if (n < expected.size()) expected.resize(n);
      return require(counter.most_common(n) == expected, "most_common()");
    }
    case 5:
      counter.merge(other.counter);
      for (const auto& [key, n] : other.model) model[key] = sum(model[key], n);
      return;
    case 6: {
      counter.merge(counter);
      for (auto& [key, n] : model) n = sum(n, n);
      return;
    }
    default:
      if (in.below(4) != 0) return compare(one);
      counter.clear();
      model.clear();
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
