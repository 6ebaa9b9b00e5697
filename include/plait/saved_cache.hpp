// SPDX-License-Identifier: MIT
// save_cache, load_cache: what is in an expiring_cache, to a stream and back.
//
// Use them to let a program start warm. Processes that run at the same time share entries by
// plait::remote::near_cache.
//
//   operation    promise                                                              complexity
//   save_cache   what for_each() shows                                                O(entries)
//   load_cache   all of it is put in, coldest first, or the hottest for which there   O(n log n) of n entries,
//                is room; or nothing, if the stream is cut off, changed or foreign    and as much memory
//
//   std::stringstream file;  // or an std::fstream that is std::ios::binary
//   plait::save_cache(prices, file);
//   plait::expiring_cache<std::string, int> warm({.capacity = 100});
//   plait::load_cache(warm, file);
//
// An entry has the time left to live that it had when it was saved; say how long ago that was, if it matters.
// A time to idle begins anew. Shards hold no more than their parts of the capacity: of a cache that is full,
// some hot entries stay away if their shard here has more of them than there.
// The form of a file is that of one kind of machine and one version of plait: it is for restarts, not for
// exchange. Exceptions: std::runtime_error, which says what is wrong with the stream; what for_each(), put()
// and a codec throw. If put() throws, some entries are in.
//
// Keys and values: trivially copyable ones that are neither pointers nor views, std::string, and those for
// which there is a specialization of cache_codec. A file of other types is refused; classes of the same size
// and alignment, and integers of the same size and sign, are not told apart.
//
// Algorithm: each entry as its codec writes it, then their number and a checksum. Design note:
// docs/structures/expiring_cache.md.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <istream>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <plait/cache_options.hpp>
#include <plait/detail/map/map_slot.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE {

namespace detail {

// FNV-1a: a checksum of bytes in their order.
class byte_sum {
 public:
  void add(const void* from, std::size_t size) noexcept {
    const auto* const bytes = static_cast<const unsigned char*>(from);
    for (std::size_t i = 0; i != size; ++i) sum_ = (sum_ ^ bytes[i]) * 0x100000001b3;
  }
  std::uint64_t value() const noexcept { return sum_; }

 private:
  std::uint64_t sum_ = 0xcbf29ce484222325;
};

}  // namespace detail

// Where bytes go to.
class cache_writer {
 public:
  // The stream has to outlive it.
  explicit cache_writer(std::ostream& to) : to_(to) {}

  // Bytes, or those of a value. Throws std::runtime_error if the stream takes no more.
  void write(const void* from, std::size_t size) {
    to_.write(static_cast<const char*>(from), static_cast<std::streamsize>(size));
    check();
    sum_.add(from, size);
  }
  template <class T>
    requires std::is_trivially_copyable_v<T>
  void write(const T& value) {
    write(std::addressof(value), sizeof value);
  }

  // What the stream has kept back goes on to where it leads. Throws std::runtime_error as write() does.
  void flush() {
    to_.flush();
    check();
  }

  // A checksum of all bytes so far.
  std::uint64_t sum() const noexcept { return sum_.value(); }

 private:
  void check() const {
    if (!to_) throw std::runtime_error("plait::save_cache: the stream takes no more; is the disk full?");
  }

  std::ostream& to_;
  detail::byte_sum sum_;
};

// Where they come from. Throws std::runtime_error if there are no more.
class cache_reader {
 public:
  // The stream has to outlive it.
  explicit cache_reader(std::istream& from) : from_(from) {}

  // Bytes, or those of a value.
  void read(void* to, std::size_t size) {
    from_.read(static_cast<char*>(to), static_cast<std::streamsize>(size));
    const auto got = static_cast<std::size_t>(from_.gcount());
    sum_.add(to, got);
    offset_ += got;
    if (got != size) fail("is cut off: it ends");
  }
  template <class T>
    requires std::is_trivially_copyable_v<T>
  T read() {
    alignas(T) std::array<std::byte, sizeof(T)> bytes;
    read(bytes.data(), bytes.size());
    return std::bit_cast<T>(bytes);
  }

  // A checksum of all bytes so far.
  std::uint64_t sum() const noexcept { return sum_.value(); }

  // Throws std::runtime_error: what is wrong with the stream, and at which byte.
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error("plait::load_cache: the stream " + what + " at byte " + std::to_string(offset_) +
                             "; nothing was loaded");
  }

 private:
  std::istream& from_;
  detail::byte_sum sum_;
  std::uint64_t offset_ = 0;  // how many bytes have been read
};

// How a key or a value is written and read. `id` tells types apart that are written in different ways.
template <class T>
struct cache_codec {
  static_assert(
      std::is_trivially_copyable_v<T> && !std::is_pointer_v<T> && !detail::is_view<T>,
      "plait::save_cache: there is no way to save this type. Specialize plait::cache_codec for it, with an "
      "id, write(cache_writer&, const T&) and read(cache_reader&).");
  // Of trivially copyable types: what they are in memory.
  static constexpr std::uint64_t id =
      sizeof(T) << 16 | alignof(T) << 8 | std::uint64_t{std::is_class_v<T>} << 2 |
      std::uint64_t{std::is_floating_point_v<T>} << 1 | std::uint64_t{std::is_signed_v<T>};
  static void write(cache_writer& to, const T& value) { to.write(value); }
  static T read(cache_reader& from) { return from.read<T>(); }
};
template <>
struct cache_codec<std::string> {
  static constexpr std::uint64_t id = 0x737472696e67;
  static void write(cache_writer& to, const std::string& value) {
    to.write(std::uint64_t{value.size()});
    to.write(value.data(), value.size());
  }
  // A length that is wrong allocates no more than the stream has.
  static std::string read(cache_reader& from) {
    std::string value;
    for (auto left = from.read<std::uint64_t>(); left != 0;) {
      const auto some = static_cast<std::size_t>(std::min<std::uint64_t>(left, 1 << 16));
      value.resize(value.size() + some);
      from.read(value.data() + value.size() - some, some);
      left -= some;
    }
    return value;
  }
};

namespace detail {

struct saved_header {
  std::array<char, 8> magic{'p', 'l', 'a', 'i', 't', 'c', 'a', 'c'};
  std::uint32_t version = 2;
  std::uint32_t byte_order = 0x01020304;
  std::uint64_t key_id;
  std::uint64_t value_id;

  bool operator==(const saved_header&) const = default;
};
static_assert(std::has_unique_object_representations_v<saved_header>);

template <class Cache>
constexpr saved_header header_of() {
  return {.key_id = cache_codec<typename Cache::key_type>::id,
          .value_id = cache_codec<typename Cache::mapped_type>::id};
}

inline constexpr std::uint8_t entry_follows = 1, end_of_entries = 0;
inline constexpr std::int64_t endless = -1;

inline std::int64_t nanoseconds_of(entry_lifetime left) {
  return left.is_endless() ? endless : static_cast<std::int64_t>(left.length().count());
}

// What is said of an entry before its key and its value.
struct saved_terms {
  std::int64_t left;       // nanoseconds to live if nobody asks for it, or `endless`
  std::int64_t most_left;  // the same, however often somebody does
  double coldness;         // from 0 to 1, comparable over all entries
};

template <class Cache>
struct saved_entry {
  typename Cache::key_type key;
  typename Cache::mapped_type value;
  saved_terms terms;
};

// What a cache shows to nobody else.
class saved_entries {
 public:
  template <class Cache, class Use>
  static void copy_all(const Cache& from, Use use) {
    from.core_.copy_all(use);
  }
  template <class Cache>
  static bool restore(Cache& into, saved_entry<Cache>&& entry, entry_lifetime left) {
    return into.core_.restore(std::move(entry.key), std::move(entry.value), left);
  }
  // How many of these, from the first on, the cache has room for.
  template <class Cache>
  static std::size_t count_that_fit(const Cache& into, const std::vector<saved_entry<Cache>>& all) {
    std::uint64_t room = into.capacity();
    std::size_t count = 0;
    for (; count != all.size(); ++count) {
      const std::uint64_t weight = into.core_.weight_of(all[count].key, all[count].value);
      if (weight > room) break;
      room -= weight;
    }
    return count;
  }
};

template <class Cache>
void check_header(cache_reader& in) {
  const auto header = in.read<saved_header>();
  constexpr saved_header expected = header_of<Cache>();
  if (header.magic != expected.magic) in.fail("is no saved cache: it begins with something else");
  if (header.byte_order != expected.byte_order) in.fail("is of a machine with another byte order");
  if (header.version != expected.version)
    in.fail("is of version " + std::to_string(header.version) + ", not " + std::to_string(expected.version));
  if (header != expected) in.fail("is of a cache with other keys or values");
}

// All entries, if the stream is whole from here on.
template <class Cache>
std::vector<saved_entry<Cache>> read_entries(cache_reader& in) {
  using key_type = typename Cache::key_type;
  using mapped_type = typename Cache::mapped_type;
  std::vector<saved_entry<Cache>> all;
  for (;;) {
    const auto tag = in.read<std::uint8_t>();
    if (tag == end_of_entries) break;
    if (tag != entry_follows) in.fail("is damaged: there is neither an entry nor the end");
    const auto terms = in.read<saved_terms>();
    if (terms.left < endless || terms.most_left < endless) in.fail("is damaged: there is a negative time");
    if (!(terms.coldness >= 0 && terms.coldness <= 1)) in.fail("is damaged: an entry has no place");
    key_type key = cache_codec<key_type>::read(in);
    mapped_type value = cache_codec<mapped_type>::read(in);
    all.push_back({std::move(key), std::move(value), terms});
  }
  if (in.read<std::uint64_t>() != all.size()) in.fail("is damaged: the number of entries is wrong");
  const std::uint64_t sum = in.sum();
  if (in.read<std::uint64_t>() != sum) in.fail("is damaged: its checksum is wrong");
  return all;
}

}  // namespace detail

// Says how many entries it has written. Throws std::runtime_error if the stream does not take them.
template <class Cache>
std::uint64_t save_cache(const Cache& from, std::ostream& to) {
  using key_type = typename Cache::key_type;
  using mapped_type = typename Cache::mapped_type;
  cache_writer out(to);
  std::uint64_t count = 0;
  out.write(detail::header_of<Cache>());
  detail::saved_entries::copy_all(from, [&](const auto& entry, double coldness) {
    out.write(detail::entry_follows);
    out.write(detail::saved_terms{detail::nanoseconds_of(entry.left), detail::nanoseconds_of(entry.most_left),
                                  coldness});
    cache_codec<key_type>::write(out, entry.key);
    cache_codec<mapped_type>::write(out, entry.value);
    ++count;
  });
  out.write(detail::end_of_entries);
  out.write(count);
  out.write(out.sum());
  out.flush();
  return count;
}

// Puts in what was saved so long ago, and says how many entries are kept. Throws std::runtime_error if the
// stream is not whole, or not of such a cache; then it has put in nothing.
template <class Cache>
std::uint64_t load_cache(Cache& into, std::istream& from,
                         std::chrono::nanoseconds ago = std::chrono::nanoseconds(0)) {
  cache_reader in(from);
  detail::check_header<Cache>(in);
  auto all = detail::read_entries<Cache>(in);
  using exact_nanoseconds = std::chrono::duration<long double, std::nano>;  // in which no difference overflows
  const auto left_now = [&](std::int64_t left) {
    return left == detail::endless ? never_expires : entry_lifetime(exact_nanoseconds(left) - ago);
  };
  std::erase_if(
      all, [&](const auto& each) { return left_now(each.terms.left).length() <= std::chrono::nanoseconds(0); });
  std::ranges::sort(all, {}, [](const auto& each) { return each.terms.coldness; });
  // Of more than there is room for, the hot ones: those that came last would not drive out the others.
  const std::size_t most = detail::saved_entries::count_that_fit(into, all);
  all.erase(all.begin() + static_cast<std::ptrdiff_t>(most), all.end());
  std::uint64_t kept = 0;
  for (; !all.empty(); all.pop_back()) {
    const entry_lifetime left = left_now(all.back().terms.most_left);
    kept += detail::saved_entries::restore(into, std::move(all.back()), left) ? 1 : 0;
  }
  return kept;
}

}  // namespace PLAIT_NAMESPACE
