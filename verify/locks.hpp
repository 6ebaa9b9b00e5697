// SPDX-License-Identifier: MIT
// std's scopes of locks under the checker. Those of the standard library work with its mutexes as well; these
// say where in your source they lock, and where they were made when they unlock.
#pragma once

#include <chrono>
#include <concepts>
#include <mutex>
#include <shared_mutex>
#include <system_error>
#include <tuple>
#include <utility>

#include <verify/mutex.hpp>

namespace verify {

using std::adopt_lock;
using std::adopt_lock_t;
using std::defer_lock;
using std::defer_lock_t;
using std::lock;
using std::try_lock;
using std::try_to_lock;
using std::try_to_lock_t;

template <class Mutex>
class [[nodiscard]] lock_guard {
 public:
  using mutex_type = Mutex;

  explicit lock_guard(Mutex& guarded, site where = site::current()) : mutex_(guarded), where_(where) {
    mutex_.lock(where);
  }
  lock_guard(Mutex& guarded, adopt_lock_t, site where = site::current()) : mutex_(guarded), where_(where) {}
  ~lock_guard() { mutex_.unlock(where_); }
  lock_guard(const lock_guard&) = delete;
  lock_guard& operator=(const lock_guard&) = delete;

 private:
  Mutex& mutex_;
  site where_;
};

template <class... Mutexes>
class [[nodiscard]] scoped_lock {
 public:
  explicit scoped_lock(Mutexes&... guarded, site where = site::current())
      : mutexes_(guarded...), where_(where) {
    if constexpr (sizeof...(Mutexes) == 1) {
      (guarded.lock(where), ...);
    } else if constexpr (sizeof...(Mutexes) != 0) {
      std::lock(guarded...);
    }
  }
  explicit scoped_lock(adopt_lock_t, Mutexes&... guarded, site where = site::current())
      : mutexes_(guarded...), where_(where) {}
  ~scoped_lock() {
    std::apply([this](Mutexes&... each) { (each.unlock(where_), ...); }, mutexes_);
  }
  scoped_lock(const scoped_lock&) = delete;
  scoped_lock& operator=(const scoped_lock&) = delete;

 private:
  std::tuple<Mutexes&...> mutexes_;
  site where_;
};
template <class... Mutexes>
scoped_lock(Mutexes&...) -> scoped_lock<Mutexes...>;
template <class... Mutexes>
scoped_lock(adopt_lock_t, Mutexes&...) -> scoped_lock<Mutexes...>;

namespace detail {

// How a unique_lock and a shared_lock use their lock.
struct exclusive {
  static void lock(auto& mutex, const site& where) { mutex.lock(where); }
  static bool try_lock(auto& mutex, const site& where) { return mutex.try_lock(where); }
  static void unlock(auto& mutex, const site& where) { mutex.unlock(where); }
};
struct shared {
  static void lock(auto& mutex, const site& where) { mutex.lock_shared(where); }
  static bool try_lock(auto& mutex, const site& where) { return mutex.try_lock_shared(where); }
  static void unlock(auto& mutex, const site& where) { mutex.unlock_shared(where); }
};

// What unique_lock and shared_lock have in common: which lock they are of, and whether they hold it.
template <class Mutex, class Use>
class movable_lock {
 public:
  using mutex_type = Mutex;

  movable_lock() noexcept = default;
  explicit movable_lock(Mutex& guarded, site where = site::current()) : mutex_(&guarded), where_(where) {
    lock(where);
  }
  movable_lock(Mutex& guarded, defer_lock_t, site where = site::current()) noexcept
      : mutex_(&guarded), where_(where) {}
  movable_lock(Mutex& guarded, adopt_lock_t, site where = site::current())
      : mutex_(&guarded), owns_(true), where_(where) {}
  movable_lock(Mutex& guarded, try_to_lock_t, site where = site::current()) : mutex_(&guarded), where_(where) {
    owns_ = Use::try_lock(guarded, where);
  }
  ~movable_lock() {
    if (owns_) Use::unlock(*mutex_, where_);
  }
  movable_lock(movable_lock&& other) noexcept
      : mutex_(std::exchange(other.mutex_, nullptr)),
        owns_(std::exchange(other.owns_, false)),
        where_(other.where_) {}
  movable_lock& operator=(movable_lock&& other) noexcept {
    movable_lock(std::move(other)).swap(*this);
    return *this;
  }

  void lock(site where = site::current()) {
    check(false, std::errc::resource_deadlock_would_occur);
    Use::lock(*mutex_, where);
    owns_ = true;
  }
  bool try_lock(site where = site::current()) {
    check(false, std::errc::resource_deadlock_would_occur);
    return owns_ = Use::try_lock(*mutex_, where);
  }
  void unlock(site where = site::current()) {
    check(true, std::errc::operation_not_permitted);
    Use::unlock(*mutex_, where);
    owns_ = false;
  }

  void swap(movable_lock& other) noexcept {
    std::swap(mutex_, other.mutex_);
    std::swap(owns_, other.owns_);
    std::swap(where_, other.where_);
  }
  Mutex* release() noexcept {
    owns_ = false;
    return std::exchange(mutex_, nullptr);
  }
  Mutex* mutex() const noexcept { return mutex_; }
  bool owns_lock() const noexcept { return owns_; }
  explicit operator bool() const noexcept { return owns_; }

 private:
  void check(bool owns, std::errc otherwise) const {
    if (mutex_ == nullptr) throw std::system_error(std::make_error_code(std::errc::operation_not_permitted));
    if (owns_ != owns) throw std::system_error(std::make_error_code(otherwise));
  }

  Mutex* mutex_ = nullptr;
  bool owns_ = false;
  site where_ = site::current();
};

}  // namespace detail

template <class Mutex>
class [[nodiscard]] unique_lock : public detail::movable_lock<Mutex, detail::exclusive> {
 public:
  using detail::movable_lock<Mutex, detail::exclusive>::movable_lock;
};
template <class Mutex, class... Rest>
unique_lock(Mutex&, Rest...) -> unique_lock<Mutex>;

template <class Mutex>
class [[nodiscard]] shared_lock : public detail::movable_lock<Mutex, detail::shared> {
 public:
  using detail::movable_lock<Mutex, detail::shared>::movable_lock;
};
template <class Mutex, class... Rest>
shared_lock(Mutex&, Rest...) -> shared_lock<Mutex>;

}  // namespace verify
