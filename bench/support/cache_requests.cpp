// SPDX-License-Identifier: MIT
#include "cache_requests.hpp"

#include <cerrno>
#include <fstream>
#include <span>
#include <system_error>

#include "map_keys.hpp"
#include "zipf.hpp"

namespace bench {
namespace {

constexpr double exponent = 0.99;
constexpr std::size_t trace_length = std::size_t{1} << 20;

std::vector<std::uint64_t> zipf_keys(zipf_ranks& ranks) {
  std::vector<std::uint64_t> keys(trace_length);
  for (std::uint64_t& key : keys) key = key_of<std::uint64_t>(ranks.next()).key;
  return keys;
}

}  // namespace

const cache_requests* hits_of_50k() {
  static const cache_requests made = [] {
    constexpr std::size_t entries = 50'000;
    zipf_ranks ranks(entries, 1, exponent);
    cache_requests requests;
    for (std::size_t i = 0; i != entries; ++i) requests.first.push_back(key_of<std::uint64_t>(i).key);
    requests.keys = zipf_keys(ranks);
    return requests;
  }();
  return &made;
}

const cache_requests* reads_of_1m() {
  static const cache_requests made = [] {
    zipf_ranks ranks(1'000'000, 2, exponent);
    cache_requests requests;
    requests.first = zipf_keys(ranks);
    requests.keys = zipf_keys(ranks);
    return requests;
  }();
  return &made;
}

void write_requests(const cache_requests& requests, const std::string& path) {
  std::ofstream out(path, std::ios::binary);
  const auto write = [&out](std::span<const std::uint64_t> numbers) {
    out.write(reinterpret_cast<const char*>(numbers.data()),
              static_cast<std::streamsize>(numbers.size_bytes()));
  };
  const std::uint64_t first = requests.first.size();
  write({&first, 1});
  write(requests.first);
  write(requests.keys);
  out.close();
  if (!out) throw std::system_error(errno, std::generic_category(), "cannot write " + path);
}

}  // namespace bench
