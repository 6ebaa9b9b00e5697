// SPDX-License-Identifier: MIT
// hazard_pointer: while it protects an object, the object is not freed, even if another thread removes it.
//
// Use it to read an object through an atomic pointer that is replaced now and then, without a lock and without
// writing memory that readers share; or as a part of lock-free structures. Use std::atomic<std::shared_ptr>
// where a reference count that all readers write does not hurt.
//
//   operation             progress    promise                                           cost
//   make_hazard_pointer   (1)         not empty                                         2 ns, its destruction
//                                                                                       included
//   protect               lock-free   what it returns is not freed while this hazard    two loads, one store,
//                                     pointer protects it                               no fence (2)
//   try_protect           wait-free   the same, if the source still has that value      the same
//   reset_protection      wait-free   protects the given object, known not to be        a plain store
//                                     retired yet, or nothing
//   retire                (1)         the deleter runs when no hazard pointer protects  at most two frees (3)
//                                     the object any more
//   (1) Waits for no reader. Now and then it takes a mutex, which is held for some instructions.
//   (2) The fence is in retire(), and acts on all threads: one system call for at least 64 objects. Where the
//       kernel has no membarrier, or a sandbox forbids it, both sides execute a plain seq_cst fence.
//   (3) Garbage is bounded: each thread keeps at most 2 b retired objects, where b is the larger of 64 and
//       twice the greatest number of hazard pointers there have been at once. Objects retired by deleters
//       come on top if each deleter retires more than two: each call frees two. A sleeping reader keeps only
//       what it protects. A thread that ends frees what it has retired, except what is protected at that
//       moment: other threads free that when they retire.
//
//   may be called         in a signal handler                    in operator new
//   protect, try_protect, yes, of a hazard pointer that only     yes
//     reset_protection    the handler uses
//   all others            no                                     no
//
// Exceptions: only make_hazard_pointer() throws, and only std::bad_alloc. Deleters must not throw. They run
// outside every lock, in a thread that calls retire() or ends, and may use and retire any object.
//
//   struct settings : plait::hazard_pointer_obj_base<settings> {
//     int limit = 0;
//   };
//   std::atomic<settings*> current = new settings;
//   void replace(settings* next) {  // from any thread
//     current.exchange(next)->retire();
//   }
//   int limit() {  // from any thread
//     plait::hazard_pointer guard = plait::make_hazard_pointer();
//     return guard.protect(current)->limit;
//   }
//
// T: derived from hazard_pointer_obj_base<T, D>, once and publicly; a class derived from T is refused. Retire
// an object once, when no new reader can find it.
// Everything works in destructors of thread_local and static objects too. Retired objects that are left when
// the program ends are not freed. A child of fork() may go on using everything; what its parent's other threads
// protected or had retired is never freed there.
// Shared libraries: as for counter.
// The names and promises are those of C++26; where the standard library has the classes, they are used.
// Algorithm: Michael's hazard pointers, asymmetric fences. Design note: docs/structures/hazard_pointer.md.
#pragma once

#include <plait/detail/sync.hpp>

#if defined(__cpp_lib_hazard_pointer)

#include <hazard_pointer>

namespace PLAIT_NAMESPACE {

using std::hazard_pointer;
using std::hazard_pointer_obj_base;
using std::make_hazard_pointer;

}  // namespace PLAIT_NAMESPACE

#else

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include <plait/detail/reclaim/hazard_records.hpp>
#include <plait/detail/reclaim/retired_objects.hpp>

namespace PLAIT_NAMESPACE {

// The base of what hazard pointers can protect: T is the class derived from it, D deletes a T*.
template <class T, class D = std::default_delete<T>>
class hazard_pointer_obj_base : private detail::retired_object {
 public:
  // Call it once, when no new reader can find the object. deleter(object) runs when no hazard pointer protects
  // it any more: in this call, in a later one or in another thread's.
  void retire(D deleter = D()) noexcept {
    deleter_ = std::move(deleter);
    detail::retired_objects::add(*this, static_cast<T*>(this), [](retired_object& object) noexcept {
      auto& self = static_cast<hazard_pointer_obj_base&>(object);
      D last = std::move(self.deleter_);  // out of the object that it deletes
      last(static_cast<T*>(&self));
    });
  }

 protected:
  // NOLINTBEGIN(bugprone-crtp-constructor-accessibility): as the standard has them
  hazard_pointer_obj_base() = default;
  hazard_pointer_obj_base(const hazard_pointer_obj_base&) = default;
  hazard_pointer_obj_base(hazard_pointer_obj_base&&) = default;
  // NOLINTEND(bugprone-crtp-constructor-accessibility)
  hazard_pointer_obj_base& operator=(const hazard_pointer_obj_base&) = default;
  hazard_pointer_obj_base& operator=(hazard_pointer_obj_base&&) = default;
  ~hazard_pointer_obj_base() = default;

 private:
  using retired_object = detail::retired_object;

  [[no_unique_address]] D deleter_;
};

namespace detail {

// Whether T derives from exactly one hazard_pointer_obj_base, as hazard_pointer_obj_base<T, D>. A class derived
// from T does not: its objects may begin at another address, and the address protected must be the one retired.
template <class T>
inline constexpr bool is_hazard_protectable = requires(std::remove_cv_t<T>* object) {
  []<class D>(hazard_pointer_obj_base<std::remove_cv_t<T>, D>*) {}(object);
};

template <class T>
consteval void assert_hazard_protectable() noexcept {
  static_assert(
      is_hazard_protectable<T>,
      "plait::hazard_pointer protects a T that is derived from hazard_pointer_obj_base<T, D>, once and "
      "publicly. If T is derived from such a class, keep a pointer to that class in the atomic.");
}

}  // namespace detail

// Protects one object at a time, or none. Empty if default-constructed or moved from: then it can only be
// assigned to, swapped or destroyed. May be handed to another thread, with what it protects.
class hazard_pointer {
 public:
  // Empty.
  hazard_pointer() noexcept = default;

  // Takes over what `other` protects; `other` is then empty.
  hazard_pointer(hazard_pointer&& other) noexcept : record_(std::exchange(other.record_, nullptr)) {}
  hazard_pointer& operator=(hazard_pointer&& other) noexcept {
    hazard_pointer(std::move(other)).swap(*this);
    return *this;
  }
  ~hazard_pointer() {
    if (record_ != nullptr) detail::hazard_records::give_back(*record_);
  }

  // Whether it has been default-constructed or moved from.
  [[nodiscard]] bool empty() const noexcept { return record_ == nullptr; }

  // Protects and returns what `source` pointed to at some moment during the call: an object or null.
  template <class T>
  T* protect(const detail::sync::atomic<T*>& source) noexcept {
    detail::assert_hazard_protectable<T>();
    return record_->protect_from(source);
  }

  // If `source` points to `object`, protects it and returns true. Otherwise protects nothing, sets `object` to
  // what `source` points to and returns false.
  template <class T>
  bool try_protect(T*& object, const detail::sync::atomic<T*>& source) noexcept {
    detail::assert_hazard_protectable<T>();
    return record_->try_protect_from(object, source);
  }

  // Protects `object` from now on. The caller must know that it is not retired yet. That another hazard pointer
  // protects it is not enough: a scan may read this record before and that one after the protection moved.
  template <class T>
  void reset_protection(const T* object) noexcept {
    detail::assert_hazard_protectable<T>();
    record_->protect(object);
  }
  void reset_protection(std::nullptr_t = nullptr) noexcept { record_->clear(); }

  // Exchanges what the two protect.
  void swap(hazard_pointer& other) noexcept { std::swap(record_, other.record_); }
  friend void swap(hazard_pointer& a, hazard_pointer& b) noexcept { a.swap(b); }

  friend hazard_pointer make_hazard_pointer();

 private:
  explicit hazard_pointer(detail::hazard_record* record) noexcept : record_(record) {}

  detail::hazard_record* record_ = nullptr;  // used by this object alone; null if empty
};

// Returns a hazard pointer that is not empty and protects nothing yet. Throws std::bad_alloc.
inline hazard_pointer make_hazard_pointer() {
  detail::hazard_record* const record = detail::hazard_records::take();
  if (record == nullptr) throw std::bad_alloc();
  return hazard_pointer(record);
}

}  // namespace PLAIT_NAMESPACE

#endif
