// SPDX-License-Identifier: MIT
// What happened in an execution, step by step. Recorded only when a failing execution is run again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <verify/orders.hpp>

namespace verify {

struct trace_event {
  unsigned thread;
  std::string what;  // "load tail_ acquire = 1"
  std::string file;
  std::uint32_t line;  // 0: not known
  // The event that wrote what this one reads, or that woke this thread.
  std::optional<std::size_t> from = {};
  bool at_fault = false;  // one side of a race
};

// The text of a line, without the spaces before it; empty if the source is no longer where it was compiled.
std::string source_line(const std::string& file, std::uint32_t line);

// "queue.hpp:12"; empty if the line is not known.
std::string place_of(const trace_event& event);

// One line an event: number, thread (each in its own column), what it did, and the line of source.
std::string to_string(const std::vector<trace_event>& events);

namespace detail {

// Which value of an object an event reads and which it writes, by their numbers in the order of modification.
struct value_use {
  const void* object;
  std::optional<std::uint32_t> reads = {};
  std::optional<std::uint32_t> writes = {};
};

class trace {
 public:
  using use = value_use;

  // `return_address` stands for the place if `where` is none.
  void add(unsigned thread, std::string what, const site& where, const void* return_address,
           use of = {nullptr});
  // An access to plain data; which value it reads is the one that was written last.
  void add_plain(unsigned thread, std::string what, const site& where, const void* return_address,
                 const void* object, bool writes);
  void add_free(unsigned thread, const void* return_address, const void* begin, std::size_t size);
  void add_to_last(std::string_view more) { events_.back().what += more; }
  // The last event was brought about by the last one that wakes its thread.
  void was_woken();
  void wakes(unsigned thread) { wakers_.push_back({thread, events_.size() - 1}); }

  // Names the objects in a range of memory: the first one as it is said, others by their distance.
  void name(const void* begin, std::size_t size, std::string called);
  // Empty if it has no name.
  std::string name_of(const void* object) const;

  // The other side of a race: the last event by which the thread used what lies in that memory. Marks it and
  // the last event of all. " at queue.hpp:17"; empty if there is none.
  std::string other_side(unsigned thread, const void* begin, std::size_t size, bool writes_only);
  // ", which T2 freed at queue.hpp:17"; empty if it was not freed.
  std::string who_freed(const void* object);

  // With all places, so far as debug information has them.
  const std::vector<trace_event>& events() {
    resolved();
    return events_;
  }
  bool is_empty() const noexcept { return events_.empty(); }

 private:
  struct named_range {
    const void* begin;
    std::size_t size;
    std::string called;
  };
  struct waker {
    unsigned thread;
    std::size_t event;
  };

  struct freed_range {
    const void* begin;
    std::size_t size;
    std::size_t event;
  };

  void resolved();

  std::vector<trace_event> events_;
  std::vector<use> uses_;                      // of each event
  std::vector<const void*> return_addresses_;  // of each event; null: its place is known
  std::vector<waker> wakers_;
  std::vector<named_range> names_;
  std::vector<freed_range> freed_;
};

}  // namespace detail
}  // namespace verify
