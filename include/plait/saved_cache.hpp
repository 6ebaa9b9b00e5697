// SPDX-License-Identifier: MIT
// save_cache, load_cache: what is in an expiring_cache, to a stream and back.
//
// Use them to let a program start warm. Processes that run at the same time share entries by
// plait::remote::near_cache.
//
//   operation    promise                                                              complexity
//   save_cache   what for_each() shows, from hot to cold                              O(entries)
//   load_cache   all of it is put in, coldest first; or nothing, if the stream is     O(entries), and as much
//                cut off, changed or foreign                                          memory
//
//   std::stringstream file;  // or an std::fstream that is std::ios::binary
//   plait::save_cache(prices, file);
//   plait::expiring_cache<std::string, int> warm({.capacity = 100});
//   plait::load_cache(warm, file);
//
// An entry has the time left to live that it had when it was saved; say how long ago that was, if it matters.
// The form of a file is that of one kind of machine and one version of plait: it is for restarts, not for
// exchange. Exceptions: std::runtime_error, which says what is wrong with the stream; what for_each(), put()
// and a codec throw. If put() throws, some entries are in.
//
// Keys and values: trivially copyable ones that are no pointers, std::string, and those for which there is a
// specialization of cache_codec.
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
      std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>,
      "plait::save_cache: there is no way to save this type. Specialize plait::cache_codec for it, with an "
      "id, write(cache_writer&, const T&) and read(cache_reader&).");
  // Of trivially copyable types: what they are in memory.
  static constexpr std::uint64_t id = sizeof(T) << 8 | alignof(T);
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
  std::uint32_t version = 1;
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

template <class Cache>
struct saved_entry {
  typename Cache::key_type key;
  typename Cache::mapped_type value;
  std::int64_t left;  // nanoseconds to live, or `endless`
};

template <class Cache>
void check_header(cache_reader& in) {
  const auto header = in.read<saved_header>();
  constexpr saved_header expected = header_of<Cache>();
  if (header.magic != expected.magic) in.fail("is no saved cache: it begins with something else");
  if (header.byte_order != expected.byte_order) in.fail("is of a machine with another byte order");
  if (header.version != expected.version)
    in.fail("is of version " + std::to_string(header.version) + ", not 1");
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
    const auto left = in.read<std::int64_t>();
    if (left < endless) in.fail("is damaged: there is a negative time");
    key_type key = cache_codec<key_type>::read(in);
    mapped_type value = cache_codec<mapped_type>::read(in);
    all.push_back({std::move(key), std::move(value), left});
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
  from.for_each([&](const key_type& key, const mapped_type& value, entry_lifetime left) {
    out.write(detail::entry_follows);
    out.write(left.is_endless() ? detail::endless : static_cast<std::int64_t>(left.length().count()));
    cache_codec<key_type>::write(out, key);
    cache_codec<mapped_type>::write(out, value);
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
  // Of more than there is room for, the hot ones: those that came last would not drive out the others.
  if (all.size() > into.capacity())
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(into.capacity()), all.end());
  using exact_nanoseconds = std::chrono::duration<long double, std::nano>;  // in which no difference overflows
  std::uint64_t kept = 0;
  for (; !all.empty(); all.pop_back()) {
    detail::saved_entry<Cache>& last = all.back();
    const entry_lifetime left =
        last.left == detail::endless ? never_expires : entry_lifetime(exact_nanoseconds(last.left) - ago);
    kept += into.put(std::move(last.key), std::move(last.value), left) ? 1 : 0;
  }
  return kept;
}

}  // namespace PLAIT_NAMESPACE
