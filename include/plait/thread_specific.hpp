// SPDX-License-Identifier: MIT
// thread_specific<T>: a variable of which every thread has a value of its own, for each object.
//
// Use it for data that belongs to an object and that threads must not share: buffers, random generators,
// connections, partial sums. It is Python's threading.local with a type.
// Use thread_local for one variable in the whole program, counter for a number that threads add to, and
// keyed_counter for numbers by key.
//
//   operation     progress            promise                                       complexity  memory
//   get, *, ->    wait-free (1)       the thread's value, made when it first asks   O(1)        see below
//   find          wait-free           the same, or null if there is none            O(1)        none
//   reset         blocks (2)          destroys the thread's value                   O(1)        gives back
//   for_each      blocks (2)          visits the values of one moment               O(values)   a pointer each
//   combine       blocks (2)          each of them once, and the folded total,      O(values)   a pointer each
//                                     also while threads end
//   size          blocks (2)          exact                                         O(1)        none
//   thread's end  blocks (2)          drops, keeps or folds the value               O(objects)  gives back (3)
//   constructor   blocks (2)                                                        O(1)        see below
//   destructor    waits for threads   all values are destroyed when it returns      O(values)   gives back
//                 that are ending
//   Memory: the value, and 40 bytes, for each thread that asked; and for each thread a table of 16 bytes for
//   each object that was alive at once, rounded up to a power of two, of which the first 8 are always there.
//   (1) Except that a thread's first call makes the value and blocks as (2).
//   (2) On a lock of the process that is held for a few instructions, or to copy a pointer to each value. No
//       user code runs under it: no constructor, destructor, visitor or fold.
//   (3) Unless values are kept.
//
//   plait::thread_specific<std::vector<char>> buffer;
//   const auto work = [&] {
//     buffer->resize(1000);  // the thread's own: made here, and destroyed when the thread ends
//   };
//   std::jthread first(work), second(work);
//
// An argument of the constructor says what happens to a value when its thread ends:
//   drop_at_exit      it is destroyed, by its thread or by a thread that visits it at that moment. The default
//   keep_at_exit      it stays, and is visited, until the object is destroyed
//   fold_at_exit(op)  it is folded into a total = op(total, value), which combine includes and for_each does
//                     not visit. Both are const; op may be called again with another total, and by several
//                     threads at once. If it throws, the value is kept
//
// Exceptions: what T's constructor throws, std::bad_alloc, and std::system_error when the system has no
// thread-exit key left; nothing has changed then.
//
// Threads may call get() in their last destructors; they get the value that they had, or a new one. The values
// of the thread that calls exit() stay until the object is destroyed. A thread never finds the value of an
// earlier thread with the same id, or of an earlier object at the same address. A visitor sees values that
// their threads may be using: T has to allow that, or the threads have to be done. A T must not destroy the
// object that it belongs to. get and find may be called in a signal handler if the thread has a value; nothing
// else may, and nothing in operator new. A child of fork() has the values of the thread that forked, and those
// that were kept or folded; those of the other threads are leaked. Every call must have returned before the
// object is destroyed. Shared libraries: as for counter.
//
// T: any object type except arrays and const types, movable or not. Without a function to make it, it needs a
// default constructor.
// Algorithm: a table in each thread, looked up by the object's number and checked by its serial. Design note:
// docs/structures/thread_specific.md.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include <plait/detail/sync.hpp>
#include <plait/detail/thread/thread_values.hpp>

namespace PLAIT_NAMESPACE {

// What happens to a thread's value when the thread ends; see above.
struct drop_at_exit_t {};
struct keep_at_exit_t {};
// The arguments of the constructor.
inline constexpr drop_at_exit_t drop_at_exit{};
inline constexpr keep_at_exit_t keep_at_exit{};
// What fold_at_exit() returns.
template <class Op>
struct fold_at_exit_t {
  Op op;  // op(total, value)
};
// The argument of the constructor that makes `op` fold a value into the total.
template <class Op>
fold_at_exit_t<Op> fold_at_exit(Op op) {
  return {std::move(op)};
}

template <class T>
class thread_specific {
  static_assert(std::is_object_v<T> && !std::is_array_v<T> && !std::is_const_v<T>,
                "plait::thread_specific<T>: T must be an object type, and neither an array nor const; "
                "std::array and a struct of references will do");

 public:
  using value_type = T;

  // Each thread's value is T(). Throws std::bad_alloc.
  thread_specific()
    requires std::default_initializable<T>
      : thread_specific(drop_at_exit) {}
  explicit thread_specific(drop_at_exit_t)
    requires std::default_initializable<T>
      : thread_specific(&make_default, drop_at_exit) {}
  explicit thread_specific(keep_at_exit_t)
    requires std::default_initializable<T>
      : thread_specific(&make_default, keep_at_exit) {}
  template <class Op>
  explicit thread_specific(fold_at_exit_t<Op> then)
    requires std::default_initializable<T>
      : thread_specific(&make_default, std::move(then)) {}

  // Each thread's value is make(), called in that thread; several may call it at once.
  template <class Make>
    requires std::invocable<Make&>
  explicit thread_specific(Make make, drop_at_exit_t = {})
      : make_(maker_of(std::move(make))), values_(detail::thread_values::at_exit::drop, nullptr) {}
  template <class Make>
    requires std::invocable<Make&>
  thread_specific(Make make, keep_at_exit_t)
      : make_(maker_of(std::move(make))), values_(detail::thread_values::at_exit::keep, nullptr) {}
  template <class Make, class Op>
    requires std::invocable<Make&> && std::invocable<Op&, const T&, const T&>
  thread_specific(Make make, fold_at_exit_t<Op> then)
      : make_(maker_of(std::move(make))),
        values_(detail::thread_values::at_exit::fold, folder_of(std::move(then.op))) {}

  thread_specific(const thread_specific&) = delete;
  thread_specific& operator=(const thread_specific&) = delete;
  ~thread_specific() = default;

  // The calling thread's value. Another thread may use it as long as this one lives and keeps it.
  T& get() {
    if (detail::thread_value* const own = values_.own(); own != nullptr) [[likely]]
      return value_of(*own);
    return *detail::sync::rarely<&thread_specific::make_own>(this);
  }
  T& operator*() { return get(); }
  T* operator->() { return std::addressof(get()); }

  // The calling thread's value, or null if it has none yet.
  T* find() noexcept {
    detail::thread_value* const own = values_.own();
    return own != nullptr ? std::addressof(value_of(*own)) : nullptr;
  }
  const T* find() const noexcept { return const_cast<thread_specific*>(this)->find(); }

  // Destroys the calling thread's value, if it has one: the next get() makes another.
  void reset() noexcept { values_.drop_own(); }

  // Calls visit(T&) for every value, in no particular order. Throws what visit throws, and std::bad_alloc.
  template <std::invocable<T&> Visitor>
  void for_each(Visitor&& visit) {
    for (detail::thread_value* const each : detail::thread_values::snapshot(values_, false))
      std::invoke(visit, value_of(*each));
  }
  template <std::invocable<const T&> Visitor>
  void for_each(Visitor&& visit) const {
    for (detail::thread_value* const each : detail::thread_values::snapshot(values_, false))
      std::invoke(visit, std::as_const(value_of(*each)));
  }

  // op(op(op(initial, value), value), ...) over every value, and the folded total. Throws what op throws, and
  // std::bad_alloc.
  template <class Result, class Op>
    requires std::invocable<Op&, Result, const T&>
  Result combine(Result initial, Op op) const {
    for (detail::thread_value* const each : detail::thread_values::snapshot(values_, true))
      initial = std::invoke(op, std::move(initial), std::as_const(value_of(*each)));
    return initial;
  }

  // The number of values that for_each would visit.
  std::size_t size() const noexcept { return values_.size(); }

 private:
  struct holder final : detail::thread_value {
    template <class Make>
    explicit holder(std::in_place_t, Make&& make) : value(make()) {}

    T value;
  };

  static T make_default() { return T(); }

  template <class Make>
  static auto maker_of(Make make) {
    return [make = std::move(make)]() mutable -> std::unique_ptr<detail::thread_value> {
      return std::make_unique<holder>(std::in_place, [&]() -> T { return std::invoke(make); });
    };
  }

  template <class Op>
  static detail::thread_values::folder folder_of(Op op) {
    return [op = std::move(op)](
               const detail::thread_value& total,
               const detail::thread_value& ended) mutable -> std::unique_ptr<detail::thread_value> {
      return std::make_unique<holder>(std::in_place,
                                      [&]() -> T { return std::invoke(op, value_of(total), value_of(ended)); });
    };
  }

  static T& value_of(detail::thread_value& held) noexcept { return static_cast<holder&>(held).value; }
  static const T& value_of(const detail::thread_value& held) noexcept {
    return static_cast<const holder&>(held).value;
  }

  T* make_own() { return std::addressof(value_of(values_.adopt(make_()))); }

  std::function<std::unique_ptr<detail::thread_value>()> make_;
  detail::thread_values values_;  // last, because values may use what make_ holds
};

}  // namespace PLAIT_NAMESPACE
