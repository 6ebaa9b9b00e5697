// SPDX-License-Identifier: MIT
// The records in which threads say which objects they use, so that other threads do not free these.
//
// A reader stores the address in a record of its own, and then checks that the object can still be reached. A
// thread that wants to free an object first makes it unreachable, and then reads all records. Each has a fence
// between its two steps:
//
//   reader:  record.object = p; light_fence();       does the source still point to p? then p is protected
//   freer:   source = other; process_wide_fence();   does no record hold p? then p can be freed
//
//   If the reader's fence comes first, the freer sees the record. If the freer's comes first, the reader sees
//   that the source points elsewhere. The reader's fence costs nothing, because the freer's acts on every
//   thread; so a freer uses one fence for many objects.
//
// Records are never freed: there are as many as were in use at once, plus at most kept_by_thread for each
// thread. In a child of fork() the records of the parent's other threads stay as they were: what those
// protected stays protected.
//
// Edges:  used       object_   release in protect, clear -> acquire in for_each_protected   all that a reader
//                              did with an object happens before the object is freed. Every store to a
//                              record releases, because the freer may read a later one than the one it needs
//         reached    source    external -> acquire in try_protect_from   the object as it was when its address
//                              was stored, by a release of the user's
//         enlisted   records   release in make -> acquire in for_each_protected   the record as it was made;
//                              the two fences ensure that no new one is missed
#pragma once

#include <cstddef>
#include <mutex>
#include <utility>

#include <plait/detail/cache_line.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/thread/thread_registry.hpp>

namespace PLAIT_NAMESPACE::detail {

class alignas(contention_free_distance) hazard_record {
 public:
  // The caller then makes sure, after a light_fence(), that the object can still be reached.
  void protect(const void* object) noexcept { object_.store(object, sync::release); }  // release used
  void clear() noexcept { object_.store(nullptr, sync::release); }                     // release used

  // As protect_from(), but costs only a load and a comparison if the record protects that object already.
  template <class T>
  T* go_on_protecting_from(const sync::atomic<T*>& source) noexcept {
    T* const object = source.load(sync::acquire);  // acquire reached
    // relaxed: the owner's own store, and the fence after that store also comes before the load above
    return object == object_.load(sync::relaxed) ? object : protect_from(source);
  }

  // Protects and returns what `source` points to at some moment during the call.
  template <class T>
  T* protect_from(const sync::atomic<T*>& source) noexcept {
    T* object = source.load(sync::relaxed);  // relaxed: looked at again
    while (!try_protect_from(object, source)) {
    }
    return object;
  }

  // Protects `object` if `source` points to it. Otherwise sets `object` to what `source` points to.
  template <class T>
  bool try_protect_from(T*& object, const sync::atomic<T*>& source) noexcept {
    T* const expected = object;
    protect(expected);
    sync::light_fence();
    object = source.load(sync::acquire);  // acquire reached
    if (object == expected) [[likely]]
      return true;
    clear();
    return false;
  }

 private:
  friend class hazard_records;

  sync::atomic<const void*> object_{nullptr};
  hazard_record* next_ = nullptr;       // the record made before this one
  hazard_record* next_free_ = nullptr;  // while unused: in the list of a thread, or in the shared one
};

class [[gnu::visibility("default")]] hazard_records {
 public:
  static constexpr std::size_t kept_by_thread = 8;

  // A record for the calling thread, which may hand it to another. Null if there is no memory for one.
  static hazard_record* take() noexcept {
    hazard_record* const record = borrow();
    if (record != nullptr) --sync::per_thread<cache>().size;
    return record;
  }

  // The same for one operation, after which the same thread puts it back.
  static hazard_record* borrow() noexcept {
    cache& mine = sync::per_thread<cache>();
    if (mine.first == nullptr && !sync::rarely<&refill>()) [[unlikely]]
      return nullptr;
    return std::exchange(mine.first, mine.first->next_free_);
  }

  // Puts back a record that was borrowed. It goes on protecting its object until it is used again, perhaps by
  // the same thread for the same object, or until the thread ends.
  static void put_back(hazard_record& record) noexcept {
    cache& mine = sync::per_thread<cache>();
    record.next_free_ = std::exchange(mine.first, &record);
  }

  // Clears a record, which any thread may have taken, and puts it back.
  static void give_back(hazard_record& record) noexcept {
    record.clear();
    cache& mine = sync::per_thread<cache>();
    if (mine.size == kept_by_thread || !mine.on_exit.armed) [[unlikely]]
      return sync::rarely<&give_to_all>(&record);
    record.next_free_ = std::exchange(mine.first, &record);
    ++mine.size;
  }

  // Calls visit(address) for every object that a record protects. An object that was unreachable before a
  // process_wide_fence() before this call, and that is not visited, is not in use.
  template <class Visitor>
  static void for_each_protected(Visitor&& visit) {
    const hazard_record* record = shared().records.load(sync::acquire);  // acquire enlisted
    for (; record != nullptr; record = record->next_)
      if (const void* const object = record->object_.load(sync::acquire); object != nullptr)  // acquire used
        visit(object);
  }

  // Whether for_each_protected() visits `object`.
  static bool is_protected(const void* object) noexcept {
    bool found = false;
    for_each_protected([&](const void* each) { found |= each == object; });
    return found;
  }

  // How many records there are. May grow at any time.
  static std::size_t count() noexcept {
    return shared().count.load(sync::relaxed);  // relaxed: it orders nothing
  }

 private:
  // The unused records that a thread keeps.
  struct cache {
    hazard_record* first = nullptr;
    std::size_t size = 0;  // with those that are borrowed, so that an operation need not count
    exit_hook on_exit{.run = &leave};
  };

  struct all {
    all() { sync::around_fork<&before_fork, &after_fork>(); }

    sync::atomic<hazard_record*> records{nullptr};  // through next_
    sync::atomic<std::size_t> count{0};
    sync::mutex lock;
    hazard_record* free = nullptr;  // through next_free_; guarded by lock
  };
  static all& shared() { return sync::per_process<all>(); }

  // Puts a record into the calling thread's cache, which is empty.
  static bool refill() noexcept {
    cache& mine = sync::per_thread<cache>();
    try {
      thread_registry::before_release(mine.on_exit);
      hazard_record* record = take_from_all();
      if (record == nullptr) record = make();
      record->next_free_ = nullptr;
      mine.first = record;
      ++mine.size;
      return true;
    } catch (...) {
      return false;
    }
  }

  static hazard_record* take_from_all() {
    const std::lock_guard guard(shared().lock);
    hazard_record* const record = shared().free;
    if (record != nullptr) shared().free = record->next_free_;
    return record;
  }

  static hazard_record* make() {
    auto* const record = new hazard_record;
    sync::atomic<hazard_record*>& records = shared().records;
    record->next_ = records.load(sync::relaxed);                                 // relaxed: the CAS decides
    while (!records.compare_exchange_weak(record->next_, record, sync::release,  // release enlisted
                                          sync::relaxed)) {                      // relaxed: tried again
    }
    shared().count.fetch_add(1, sync::relaxed);  // relaxed: it orders nothing
    return record;
  }

  static void give_to_all(hazard_record* record) noexcept {
    record->clear();
    const std::lock_guard guard(shared().lock);
    record->next_free_ = std::exchange(shared().free, record);
  }

  static void leave() noexcept {
    cache& mine = sync::per_thread<cache>();
    while (mine.first != nullptr) give_to_all(std::exchange(mine.first, mine.first->next_free_));
    mine.size = 0;
  }

  static void before_fork() { shared().lock.lock(); }
  static void after_fork() { shared().lock.unlock(); }
};

}  // namespace PLAIT_NAMESPACE::detail
