// SPDX-License-Identifier: MIT
// What lies beside a key's slot in a map: how often it was put and got.
#pragma once

#include <cstdint>

#include <plait/access_statistics.hpp>
#include <plait/detail/count/approximate_count.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// A number that is written under a lock, and may be read without it.
//
// Edges:  begun   word_   release in set -> acquire in get: whoever sees a count of a key that came to the slot
//                         sees that the block is changing, or that it has changed (see map_block)
class access_count {
 public:
  std::uint64_t get() const noexcept { return word_.load(sync::acquire); }          // acquire begun
  void set(std::uint64_t count) noexcept { word_.store(count, sync::release); }     // release begun
  void add(std::uint64_t more) noexcept { set(word_.load(sync::relaxed) + more); }  // relaxed: the holder's own

 private:
  sync::atomic<std::uint64_t> word_{0};
};

// The counts of one key: nothing, unless it is said below. begin() is for a new key, which was put once, and
// move_from() for one that comes from another slot.
template <access_statistics Kept>
struct access_counts {};

template <>
class access_counts<access_statistics::puts> {
 public:
  key_accesses read() const noexcept { return {.gets = 0, .puts = puts_.get()}; }

  // -- by the holder of the block's lock --

  void begin() noexcept { puts_.set(1); }
  void move_from(const access_counts& other) noexcept { puts_.set(other.puts_.get()); }
  void add_put() noexcept { puts_.add(1); }
  void reset() noexcept { puts_.set(0); }

 private:
  access_count puts_;
};

template <>
class access_counts<access_statistics::approximate_gets> {
 public:
  key_accesses read() const noexcept {
    const std::uint64_t word = word_.get();
    return {.gets = gets(word).value(), .puts = word / one_put};
  }

  // -- by the holder of the block's lock --

  void begin() noexcept { word_.set(one_put); }
  void move_from(const access_counts& other) noexcept { word_.set(other.word_.get()); }
  void add_put() noexcept { word_.add(one_put); }
  // For a get that the sample has chosen.
  void add_get(std::uint64_t bits) noexcept {
    const std::uint64_t word = word_.get();
    approximate_count counted = gets(word);
    counted.add(bits);
    word_.set(word / one_put * one_put + counted.steps());
  }
  void reset() noexcept { word_.set(0); }

 private:
  static approximate_count gets(std::uint64_t word) noexcept {
    return approximate_count(static_cast<std::uint16_t>(word));
  }

  //   bits 63 .. 16   the puts
  //   bits 15 .. 0    the steps of the gets
  static constexpr std::uint64_t one_put = 1 << 16;
  access_count word_;
};

template <>
class access_counts<access_statistics::exact_gets> {
 public:
  key_accesses read() const noexcept { return {.gets = gets_.get(), .puts = puts_.get()}; }

  // -- by the holder of the block's lock --

  void begin() noexcept { set(0, 1); }
  void move_from(const access_counts& other) noexcept { set(other.gets_.get(), other.puts_.get()); }
  void add_put() noexcept { puts_.add(1); }
  void add_get() noexcept { gets_.add(1); }
  void reset() noexcept { set(0, 0); }

 private:
  void set(std::uint64_t gets, std::uint64_t puts) noexcept {
    gets_.set(gets);
    puts_.set(puts);
  }

  access_count gets_;
  access_count puts_;
};

}  // namespace PLAIT_NAMESPACE::detail
