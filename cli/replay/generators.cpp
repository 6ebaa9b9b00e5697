// SPDX-License-Identifier: MIT
#include "replay/generators.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "command_line/command_line.hpp"
#include "count/interruption.hpp"
#include "count/paths.hpp"

namespace plait::cli {
namespace {

constexpr std::uint64_t most_keys = 100'000'000, most_requests = 1'000'000'000;

// Draws the same keys everywhere, which std::discrete_distribution does not promise.
class zipf_draw {
 public:
  zipf_draw(double skew, std::uint64_t keys) : up_to_(keys) {
    double sum = 0;
    for (std::uint64_t key = 0; key != keys; ++key) {
      interruption::heed(key);
      up_to_[key] = sum += std::pow(static_cast<double>(key + 1), -skew);
    }
  }

  std::uint64_t operator()() {
    const double drawn = static_cast<double>(random_() >> 11) * 0x1p-53 * up_to_.back();
    const auto found = std::ranges::upper_bound(up_to_, drawn);
    return std::min<std::uint64_t>(static_cast<std::uint64_t>(found - up_to_.begin()), up_to_.size() - 1);
  }

 private:
  std::mt19937_64 random_;
  std::vector<double> up_to_;  // of each key, what all up to it weigh
};

std::vector<std::string> parts_of(std::string_view name) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t end = name.find(':');
    parts.emplace_back(name.substr(0, end));
    if (end == std::string_view::npos) return parts;
    name.remove_prefix(end + 1);
  }
}

template <class Number>
Number parse_part(const std::string& text, Number least, Number most) {
  Number number{};
  const std::string wrong = parse_number(text, least, most, number);
  if (!wrong.empty()) throw input_error(wrong);
  return number;
}

}  // namespace

std::optional<trace> generate_trace(const std::string& name) {
  const std::vector<std::string> parts = parts_of(name);
  const std::string& kind = parts.front();
  if (parts.size() == 1 || (kind != "zipf" && kind != "scan" && kind != "loop")) return std::nullopt;
  const std::size_t wanted = kind == "zipf" ? 4 : 3;
  if (parts.size() != wanted)
    throw input_error(fmt::format("is not {}:{}KEYS:REQUESTS", kind, kind == "zipf" ? "SKEW:" : ""));
  const double skew = kind == "zipf" ? parse_part(parts[1], 0.0, 10.0) : 1.0;
  const auto keys = parse_part(parts[wanted - 2], std::uint64_t{1}, most_keys);
  const auto requests = parse_part(parts[wanted - 1], std::uint64_t{1}, most_requests);

  trace_builder made;
  const auto add_all = [&](auto key_of) {
    for (std::uint64_t i = 0; i != requests; ++i) {
      interruption::heed(i);
      made.add(key_of(i));
    }
  };
  if (kind == "loop")
    add_all([&](std::uint64_t i) { return i % keys; });
  else
    add_all([&, draw = zipf_draw(skew, keys)](std::uint64_t i) mutable {
      return kind == "scan" && i % 2 == 1 ? keys + i : draw();
    });
  trace result = made.finish();
  result.name = name;
  result.format = "made";
  return result;
}

}  // namespace plait::cli
