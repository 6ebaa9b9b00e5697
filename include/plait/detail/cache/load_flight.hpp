// SPDX-License-Identifier: MIT
// One thread loads the value of a key, and whoever else wants it waits for that.
#pragma once

#include <algorithm>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>

#include <plait/detail/sync.hpp>
#include <plait/detail/thread/thread_mark.hpp>
#include <plait/detail/thread/thread_waits.hpp>
#include <plait/detail/wait/event_count.hpp>
#include <plait/put_options.hpp>

namespace PLAIT_NAMESPACE::detail {

// A load under way, and then its result, which all share who waited. It lives as long as anybody uses it. While
// it is in the list of a shard, its key and its tags outlive it.
//
// Edges:  finished   state_   seq_cst in finish -> seq_cst in has_ended: the result. In one order with the
//                             count of waiters, so that none is forgotten
//         used       users_   acq_rel in release: who frees it comes after all others
template <class K, class V>
class load_flight {
 public:
  load_flight(std::uint64_t hash, const K& key, std::span<const cache_tag> tags) noexcept
      : hash_(hash), key_(&key), tags_(tags) {}
  load_flight(const load_flight&) = delete;
  load_flight& operator=(const load_flight&) = delete;

  std::uint64_t hash() const noexcept { return hash_; }
  const K& key() const noexcept { return *key_; }
  // Whether what is loaded will have that tag.
  bool has(cache_tag tag) const noexcept { return std::ranges::find(tags_, tag) != tags_.end(); }
  // The thread that loads; null when it has ended.
  const thread_mark* by() const noexcept { return has_ended() ? nullptr : by_; }

  // -- under the lock of its shard --

  void use() noexcept { users_.fetch_add(1, sync::relaxed); }  // relaxed: it is used by the list meanwhile
  // The key was changed by somebody else: what is loaded may be older than that.
  void outdate() noexcept { is_outdated_ = true; }
  bool is_outdated() const noexcept { return is_outdated_; }
  // The calling thread is going to load. Before that nobody waits.
  void begin() noexcept { by_ = thread_mark::mine(); }
  bool has_begun() const noexcept { return by_ != nullptr; }

  // -- by any user --

  void release() noexcept {
    if (users_.fetch_sub(1, sync::acq_rel) == 1) delete this;  // acq_rel used
  }
  bool has_ended() const noexcept { return state_.load(sync::seq_cst) != loading; }  // seq_cst finished
  // Waits for the end. Returns a copy of the value, or nothing if there is none, or throws what the load threw.
  std::optional<V> wait() {
    ended_.wait([this]() noexcept { return has_ended() ? attempt::done : attempt::blocked; }, {});
    if (thrown_) std::rethrow_exception(thrown_);
    return value_;
  }

  // -- by the thread that loads --

  // Once. Nobody is shown the value before finish().
  const V& set_value(V&& value) noexcept { return value_.emplace(std::move(value)); }
  void finish(std::exception_ptr thrown = nullptr) noexcept {
    thrown_ = std::move(thrown);
    state_.exchange(ended, sync::seq_cst);  // seq_cst finished
    ended_.notify_all();
  }

 private:
  enum state : std::uint32_t { loading, ended };

  const std::uint64_t hash_;
  const K* const key_;
  const std::span<const cache_tag> tags_;
  const thread_mark* by_ = nullptr;  // written under the lock of the shard, before anybody can wait
  bool is_outdated_ = false;         // guarded by that lock
  std::optional<V> value_;           // written before the end, read after it
  std::exception_ptr thrown_;
  sync::atomic<std::uint32_t> state_{loading};
  sync::atomic<std::uint32_t> users_{1};
  event_count ended_;

 public:
  load_flight* next = nullptr;  // in the list of a shard, guarded by its lock
};

// Those under way in a shard. Under its lock.
template <class K, class V>
class load_flights {
 public:
  using flight = load_flight<K, V>;

  // One whose result will not be older than what has happened so far; or null.
  template <class Matches>
  flight* find(std::uint64_t hash, Matches matches) const {
    flight* each = first_;
    while (each != nullptr && (each->hash() != hash || each->is_outdated() || !matches(each->key())))
      each = each->next;
    return each;
  }
  void add(flight& begun) noexcept { begun.next = std::exchange(first_, &begun); }
  void remove(flight& over) noexcept {
    flight** at = &first_;
    while (*at != &over) at = &(*at)->next;
    *at = over.next;
  }

  // What others load for that hash, with that tag, or at all, is out of date.
  void outdate(std::uint64_t hash) noexcept {
    for (flight* each = first_; each != nullptr; each = each->next)
      if (each->hash() == hash) each->outdate();
  }
  void outdate(cache_tag tag) noexcept {
    for (flight* each = first_; each != nullptr; each = each->next)
      if (each->has(tag)) each->outdate();
  }
  void outdate_all() noexcept {
    for (flight* each = first_; each != nullptr; each = each->next) each->outdate();
  }

 private:
  flight* first_ = nullptr;
};

// Who waits for which load, so that threads that would wait for each other, or one for itself, are told so
// instead.
template <class K, class V>
class load_waits {
 public:
  using flight = load_flight<K, V>;

  // As long as it lives, the calling thread waits for that load. Throws std::logic_error if that would not end.
  class waiting {
   public:
    waiting(load_waits& all, const flight& what) : all_(all), own_{.what = &what} {
      const std::lock_guard guard(all_.lock_);
      if (all_.waits_.is_held_up_by(what, own_.thread))
        throw std::logic_error(
            "plait::expiring_cache::get_or_load: the function that loads the value of a key asks for the value "
            "of the same key, by itself or through another thread that waits for it");
      all_.waits_.add(own_);
    }
    waiting(const waiting&) = delete;
    waiting& operator=(const waiting&) = delete;
    ~waiting() {
      const std::lock_guard guard(all_.lock_);
      all_.waits_.remove(own_);
    }

   private:
    load_waits& all_;
    typename thread_waits<flight>::waiting own_;
  };

 private:
  sync::mutex lock_;  // guards waits_
  thread_waits<flight> waits_;
};

}  // namespace PLAIT_NAMESPACE::detail
