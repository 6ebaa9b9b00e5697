// SPDX-License-Identifier: MIT
// The seam: the only place under include/plait that names atomics, shared plain data, the futex, the
// clock, mutexes and thread-local state. Everything else says plait::detail::sync: not plait::sync, which
// would make sync() of <unistd.h> ambiguous wherever somebody says `using namespace plait`.
//
// Normally the names below are std::atomic and Linux calls, at no cost. With PLAIT_MODEL=1 the model
// checker in verify/ supplies the same names, and the very same structures run under its scheduler; with
// PLAIT_SIMULATE=1 simulate/ does, and they run on simulated processors. They then live in an inline namespace
// of their own, so that all kinds can be linked into one program.
#pragma once

#if !defined(__cpp_exceptions)
#error "plait needs exceptions: it reports by them what it cannot do. Compile without -fno-exceptions."
#endif

// What Clang's -Wthread-safety knows of a lock. Nothing to other compilers, for which no attribute means the
// same. The bodies of functions that take and release locks are not looked into: they are what the analysis
// believes.
#if defined(__clang__)
#define PLAIT_CAPABILITY(name) __attribute__((capability(name)))
#define PLAIT_ACQUIRES(...) __attribute__((acquire_capability(__VA_ARGS__), no_thread_safety_analysis))
#define PLAIT_ACQUIRES_IF_TRUE __attribute__((try_acquire_capability(true), no_thread_safety_analysis))
#define PLAIT_RELEASES(...) __attribute__((release_capability(__VA_ARGS__), no_thread_safety_analysis))
#define PLAIT_SHARES __attribute__((acquire_shared_capability(), no_thread_safety_analysis))
#define PLAIT_SHARES_IF_TRUE __attribute__((try_acquire_shared_capability(true), no_thread_safety_analysis))
#define PLAIT_RELEASES_SHARED __attribute__((release_shared_capability(), no_thread_safety_analysis))
#define PLAIT_UNANALYZED __attribute__((no_thread_safety_analysis))  // locks here and unlocks elsewhere
#define PLAIT_LIFETIME_BOUND [[clang::lifetimebound]]  // what is returned must not outlive the object
#else
#define PLAIT_SHARES
#define PLAIT_SHARES_IF_TRUE
#define PLAIT_RELEASES_SHARED
#define PLAIT_UNANALYZED
#define PLAIT_LIFETIME_BOUND
#define PLAIT_CAPABILITY(name)
#define PLAIT_ACQUIRES(...)
#define PLAIT_ACQUIRES_IF_TRUE
#define PLAIT_RELEASES(...)
#endif

#if defined(PLAIT_MODEL) && PLAIT_MODEL

#define PLAIT_NAMESPACE plait::inline modelled
#include <version>

#include <verify/seam.hpp>
// What the standard library has of the structures knows nothing of the checker's atomics.
#undef __cpp_lib_hazard_pointer

namespace PLAIT_NAMESPACE::detail {
namespace sync = verify::sync;
}

#elif defined(PLAIT_SIMULATE) && PLAIT_SIMULATE

#define PLAIT_NAMESPACE plait::inline simulated
#include <version>

#include <simulate/seam.hpp>
#undef __cpp_lib_hazard_pointer  // as above

namespace PLAIT_NAMESPACE::detail {
namespace sync = simulate::sync;
}

#else

#define PLAIT_NAMESPACE plait

#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>
#include <version>

#include <cxxabi.h>
#include <dlfcn.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#if __has_include(<execinfo.h>)
#include <execinfo.h>
#endif

namespace PLAIT_NAMESPACE::detail::sync {

template <class T>
using atomic = std::atomic<T>;

// Whether assert() is on: the same program then also looks for misuse that would cost time.
#if defined(NDEBUG)
inline constexpr bool has_assertions = false;
#else
inline constexpr bool has_assertions = true;
#endif

using std::memory_order;
inline constexpr memory_order relaxed = std::memory_order_relaxed;
inline constexpr memory_order acquire = std::memory_order_acquire;
inline constexpr memory_order release = std::memory_order_release;
inline constexpr memory_order acq_rel = std::memory_order_acq_rel;
inline constexpr memory_order seq_cst = std::memory_order_seq_cst;

// Adds to a number that only the calling thread writes, and that others read, relaxed. A signal handler of the
// same thread may add to it, too: hence one instruction, or an atomic one where adding to memory takes several.
inline void add_as_only_writer(atomic<std::uint64_t>& number, std::uint64_t n) noexcept {
#if defined(__x86_64__)
  static_assert(sizeof number == sizeof n && atomic<std::uint64_t>::is_always_lock_free);
  asm("addq %1, %0" : "+m"(number) : "er"(n) : "cc");
#else
  number.fetch_add(n, relaxed);
#endif
}

// Keeps the compiler from moving memory accesses across: for what a signal handler of the same thread looks at.
inline void signal_fence() noexcept {
  std::atomic_signal_fence(seq_cst);
}

// An asymmetric pair of seq_cst fences, for two sides that each store and then look at what the other stored:
// at least one of them sees the other's store. light_fence() costs nothing but for the compiler, and
// process_wide_fence() some microseconds: it interrupts every processor that runs a thread of this process.
// Where the kernel has no membarrier, or a sandbox forbids it, both are plain fences.
namespace asymmetric {

// Set once, by whoever comes first. Until then light_fence() is a fence, so that nothing has to wait for it.
[[gnu::visibility("default")]] inline constinit std::atomic<bool> is_registered{false};

inline bool membarrier(int command) noexcept {
  return syscall(SYS_membarrier, command, 0, 0) == 0;
}

// relaxed: threads that still read false only pay for a fence
inline const bool registered_at_start =
    membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) && (is_registered.store(true, relaxed), true);

}  // namespace asymmetric

// GCC warns, with -fsanitize=thread, that ThreadSanitizer knows no fences. None here hides a race from it or
// makes it see one: what one thread gives another is ordered by an atomic besides.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wtsan"
#endif

inline void light_fence() noexcept {
  if (asymmetric::is_registered.load(relaxed)) [[likely]] {  // relaxed: see there
    std::atomic_signal_fence(seq_cst);
  } else {
    std::atomic_thread_fence(seq_cst);
  }
}

inline void process_wide_fence() noexcept {
  // The own fence first: it is what meets the fence of a thread that has not seen the registration.
  std::atomic_thread_fence(seq_cst);
  asymmetric::membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

// Room for one T that several threads hand to each other, every hand-over being ordered by some atomic.
// The checker reports a hand-over that is not.
template <class T>
class storage {
 public:
  storage() noexcept {}
  ~storage() {}
  storage(const storage&) = delete;
  storage& operator=(const storage&) = delete;

  template <class... Args>
  void construct(Args&&... args) noexcept(std::is_nothrow_constructible_v<T, Args...>) {
    std::construct_at(std::addressof(value_), std::forward<Args>(args)...);
  }
  void destroy() noexcept { std::destroy_at(std::addressof(value_)); }

  // Where a T without a constructor to run is written before anybody but the writer knows of it; then say so.
  T* place() noexcept { return std::addressof(value_); }
  void was_written_in_place() noexcept {}

  T& write() noexcept { return value_; }
  const T& read() const noexcept { return value_; }

 private:
  // Alive between construct() and destroy(); whose turn it is, the owner's atomics say.
  union {
    T value_;
  };
};

// For cold internal state only: anything hot waits on an event_count.
using mutex = std::mutex;

// Whether a thread may lock an M again that it holds.
template <class M>
inline constexpr bool locks_recursively = false;
template <>
inline constexpr bool locks_recursively<std::recursive_mutex> = true;
template <>
inline constexpr bool locks_recursively<std::recursive_timed_mutex> = true;

// Whether this process has been made by a fork() since it began: then threads that it seems to have may not be
// there, and what they used has been left as it was.
inline const pid_t process_at_start = getpid();
inline bool is_child_of_fork() noexcept {
  return getpid() != process_at_start;
}

// Whether the mutex is free, when no thread is left that could take it: in the child of a fork it may be held
// for ever. In general try_lock() may fail for no reason; on Linux it does not.
inline bool is_free(mutex& lock) noexcept {
  if (!lock.try_lock()) return false;
  lock.unlock();
  return true;
}

// Monotonic. Time points are what futex_wait() takes.
struct clock {
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<std::chrono::steady_clock, duration>;
  static time_point now() noexcept { return std::chrono::steady_clock::now(); }

  // What now() was at the last timer interrupt: a few milliseconds ago, or longer if interrupts were late.
  // Takes some loads, where now() may take ten times as long.
  static time_point recently() noexcept {
    std::timespec then{};
    clock_gettime(CLOCK_MONOTONIC_COARSE, &then);
    return time_point(std::chrono::seconds(then.tv_sec) + std::chrono::nanoseconds(then.tv_nsec));
  }
};

inline void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  asm volatile("yield");
#endif
}

// Fetches the line that lies `ahead` bytes beyond `address`, to be written soon. A hint: any address will do.
inline void prefetch_for_write([[maybe_unused]] const void* address,
                               [[maybe_unused]] std::size_t ahead) noexcept {
#if defined(__x86_64__)
  // NOLINTBEGIN(performance-no-int-to-ptr): a pointer must not leave its array, and this may
  asm volatile("prefetchw %0"
               :
               : "m"(*reinterpret_cast<const char*>(reinterpret_cast<std::uintptr_t>(address) + ahead)));
  // NOLINTEND(performance-no-int-to-ptr)
#elif defined(__aarch64__)
  asm volatile("prfm pstl1keep, [%0]" : : "r"(reinterpret_cast<std::uintptr_t>(address) + ahead));
#endif
}

inline void yield() noexcept {
  std::this_thread::yield();
}

// The number of processors this process may use, at least 1. Read once: an affinity changed later is
// not noticed.
inline unsigned processor_count() noexcept {
  static const unsigned count = [] {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return static_cast<unsigned>(CPU_COUNT(&allowed));
    return std::thread::hardware_concurrency();
  }();
  return count == 0 ? 1 : count;
}

// Asks for the cache line at `address`, which will soon be read and written. Any address will do.
inline void prefetch(const void* address) noexcept {
  __builtin_prefetch(address, 1);
}

// The same, to be read only: it leaves the line to other processors, too.
inline void prefetch_to_read(const void* address) noexcept {
  __builtin_prefetch(address, 0);
}

// Gives the pages that lie within these bytes back to the system: what is in them is lost, and they take
// memory again when they are next written. Allocators keep the middle of what is freed; so this is done before.
inline void discard_pages(void* bytes, std::size_t count) noexcept {
  static const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t before_first = -reinterpret_cast<std::uintptr_t>(bytes) % page;
  if (count < before_first + page) return;
  const std::size_t whole = (count - before_first) / page * page;
  madvise(static_cast<std::byte*>(bytes) + before_first, whole, MADV_DONTNEED);
}

// Calls `Function`, kept out of the caller's code: for the rare branch of a function that is hot.
template <auto Function, class... Args>
[[gnu::noinline, gnu::cold]] decltype(auto) rarely(Args... args) {
  return std::invoke(Function, args...);
}

// The product of two words, its upper half xored with the lower one.
constexpr std::uint64_t folded_product(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using wide = unsigned __int128;
  const wide product = static_cast<wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// A number that nobody outside of this process can guess.
inline std::uint64_t random_number() noexcept {
  std::uint64_t number = 0;
  // Before the kernel has gathered any chance, the address and the clock have to do.
  if (syscall(SYS_getrandom, &number, sizeof number, 1 /* do not wait */) != sizeof number)
    number = static_cast<std::uint64_t>(clock::now().time_since_epoch().count()) ^
             reinterpret_cast<std::uintptr_t>(&number) * 0x9e3779b97f4a7c15;
  return number;
}

// How often to make an attempt that may succeed if only it is made again: as often as told. The checker
// makes it once, for it tries every moment anyway.
constexpr int attempts(int count) noexcept {
  return count;
}

// A size that scenarios of the checker need smaller, so that they get to what happens beyond it.
constexpr std::size_t sized(std::size_t native, std::size_t /*modelled*/) noexcept {
  return native;
}

// The addresses that the calling thread's functions will return to, the innermost first. Returns how many; none
// where the C library cannot tell.
inline int call_stack([[maybe_unused]] void** addresses, [[maybe_unused]] int most) noexcept {
#if __has_include(<execinfo.h>)
  return ::backtrace(addresses, most);
#else
  return 0;
#endif
}

// A function's name as it stands in the source, if it was made of that.
inline std::string demangled(const char* symbol) {
  const std::unique_ptr<char, void (*)(void*)> name(abi::__cxa_demangle(symbol, nullptr, nullptr, nullptr),
                                                    &std::free);
  return name != nullptr ? name.get() : symbol;
}

// Where a call is that will return to an address: as far as the loader knows.
struct code_place {
  std::uintptr_t address = 0;
  std::string file = {};           // of the program or library; empty: not known
  std::uintptr_t in_file = 0;      // from where that begins
  std::string function = {};       // empty: not known
  std::uintptr_t in_function = 0;  // from where that begins
};
inline code_place place_of(void* return_address) {
  // Into the call, which may be the last thing in its function.
  code_place place{.address = reinterpret_cast<std::uintptr_t>(return_address) - 1};
  Dl_info found{};
  // NOLINTNEXTLINE(performance-no-int-to-ptr): as above
  if (dladdr(reinterpret_cast<void*>(place.address), &found) == 0 || found.dli_fname == nullptr) return place;
  place.file = found.dli_fname;
  place.in_file = place.address - reinterpret_cast<std::uintptr_t>(found.dli_fbase);
  if (found.dli_sname == nullptr) return place;
  place.function = demangled(found.dli_sname);
  place.in_function = place.address - reinterpret_cast<std::uintptr_t>(found.dli_saddr);
  return place;
}

// What the system calls the calling thread.
inline std::string thread_name() {
  char name[16] = "";
  pthread_getname_np(pthread_self(), name, sizeof name);
  return name;
}

// How many futex system calls this process has made through the seam: a figure for benchmarks and
// tests. The counter is touched only beside a system call, which costs a hundred times as much.
[[gnu::visibility("default")]] inline std::atomic<std::uint64_t> futex_call_count{0};

inline std::uint64_t futex_calls() noexcept {
  return futex_call_count.load(relaxed);
}

enum class futex_result { woken, timed_out, interrupted };

constexpr futex_result why_futex_wait_failed(int error) noexcept {
  if (error == ETIMEDOUT) return futex_result::timed_out;
  return error == EINTR ? futex_result::interrupted : futex_result::woken;
}

// False if it lies before the clock's beginning, where the kernel knows no time.
inline bool to_timespec(clock::time_point time, std::timespec& result) noexcept {
  const auto since_boot = time.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_boot);
  result.tv_sec = static_cast<std::time_t>(seconds.count());
  result.tv_nsec = static_cast<long>((since_boot - seconds).count());
  return seconds.count() >= 0;
}

// Sleeps while `word` holds `expected`, until a futex_wake() or `deadline` (null: for ever). Returns
// `woken` without sleeping if the word differs already, and may return it for no reason at all: callers look at
// their condition again. It returns `interrupted` after a signal handler that was installed without SA_RESTART.
inline futex_result futex_wait(const atomic<std::uint32_t>& word, std::uint32_t expected,
                               const clock::time_point* deadline) noexcept {
  static_assert(sizeof(atomic<std::uint32_t>) == sizeof(std::uint32_t));
  std::timespec when{};
  if (deadline != nullptr && !to_timespec(*deadline, when)) return futex_result::timed_out;
  futex_call_count.fetch_add(1, relaxed);
  // WAIT_BITSET, because only it takes an absolute time on CLOCK_MONOTONIC.
  const long result = syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expected,
                              deadline != nullptr ? &when : nullptr, nullptr, FUTEX_BITSET_MATCH_ANY);
  return result == -1 ? why_futex_wait_failed(errno) : futex_result::woken;
}

// What futex_waitv() takes. Kernel headers have it since Linux 5.16, and those of a distribution may be older
// than the kernel that runs.
namespace waitv {

struct place {
  std::uint64_t expected;
  std::uint64_t address;
  std::uint32_t flags;
  std::uint32_t reserved;
};

inline constexpr std::size_t most_places = 128;
inline constexpr std::uint32_t word_of_32_bits = 2;
#if defined(__alpha__)
inline constexpr long system_call = 559;
#else
inline constexpr long system_call = 449;
#endif

}  // namespace waitv

// As futex_wait(), on several words: sleeps as long as each of them holds what is expected of it.
struct futex_expectation {
  const atomic<std::uint32_t>& word;
  std::uint32_t expected;
};
inline futex_result futex_wait_any(std::span<const futex_expectation> all,
                                   const clock::time_point* deadline) noexcept {
  if (all.size() == 1) return futex_wait(all[0].word, all[0].expected, deadline);
  if (all.size() <= waitv::most_places) {
    waitv::place places[waitv::most_places];
    for (std::size_t i = 0; i != all.size(); ++i)
      places[i] = {all[i].expected, reinterpret_cast<std::uintptr_t>(&all[i].word),
                   waitv::word_of_32_bits | FUTEX_PRIVATE_FLAG, 0};
    std::timespec when{};
    if (deadline != nullptr && !to_timespec(*deadline, when)) return futex_result::timed_out;
    futex_call_count.fetch_add(1, relaxed);
    const long result = syscall(waitv::system_call, places, all.size(), 0,
                                deadline != nullptr ? &when : nullptr, CLOCK_MONOTONIC);
    if (result != -1) return futex_result::woken;
    if (errno != ENOSYS) return why_futex_wait_failed(errno);
  }
  // Before Linux 5.16, and where there are too many: one word, and not for long.
  clock::time_point soon = clock::now() + std::chrono::milliseconds(1);
  if (deadline != nullptr && *deadline < soon) soon = *deadline;
  if (futex_wait(all[0].word, all[0].expected, &soon) == futex_result::interrupted)
    return futex_result::interrupted;
  return deadline != nullptr && clock::now() >= *deadline ? futex_result::timed_out : futex_result::woken;
}

inline constexpr int every_sleeper = INT_MAX;

// Where threads sleep on a word. It is asked for while the word is certain to be there; for a wake it may be
// gone, because whoever was let in by the change before the wake may destroy it at once. The kernel then finds
// nobody, or somebody who sleeps on what has taken the word's place, and who looks again as after any wake.
using futex_place = const atomic<std::uint32_t>*;

inline futex_place place_of(const atomic<std::uint32_t>& word) noexcept {
  return &word;
}

// Wakes up to `count` threads that sleep there.
inline void futex_wake_at(futex_place place, int count) noexcept {
  futex_call_count.fetch_add(1, relaxed);
  syscall(SYS_futex, place, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, count, nullptr, nullptr, 0);
}

// Wakes up to `count` threads that sleep on `word`.
inline void futex_wake(const atomic<std::uint32_t>& word, int count) noexcept {
  futex_wake_at(place_of(word), count);
}

// A file descriptor that is readable from set() to clear(), as many as there are of either: Linux' eventfd.
class settable_descriptor {
 public:
  using native_handle_type = int;

  // Throws std::system_error if the system has none left.
  settable_descriptor() : number_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (number_ == -1) throw std::system_error(errno, std::generic_category(), "plait: no eventfd left");
  }
  ~settable_descriptor() { ::close(number_); }
  settable_descriptor(const settable_descriptor&) = delete;
  settable_descriptor& operator=(const settable_descriptor&) = delete;

  // They cannot fail: an eventfd counts to 2^64 - 2, and no more than that is written before it is cleared.
  void set() noexcept { static_cast<void>(!::eventfd_write(number_, 1)); }
  void clear() noexcept {
    eventfd_t count = 0;
    static_cast<void>(!::eventfd_read(number_, &count));
  }
  int native_handle() const noexcept { return number_; }

 private:
  const int number_;
};

// What follows is one for each process, or each thread, also where a library is built with -fvisibility=hidden:
// hence the attributes, which the types have as well that these templates are used with.

// This thread's own T, one for each type. T has no constructor to run and none to undo, so that it can
// be reached at any moment of a thread's life, its last destructors included.
template <class T>
[[gnu::visibility("default")]] T& per_thread() noexcept {
  static_assert(std::is_trivially_destructible_v<T>);
  static constinit thread_local T value{};
  return value;
}

// Keeps the shared library in which `address` lies from ever being unloaded. Code for a program itself does
// without: nobody unloads that, and the linker of a static one would warn of dlopen().
inline bool keep_loaded([[maybe_unused]] const void* address) noexcept {
#if defined(__PIC__) && !defined(__PIE__)
  Dl_info found{};
  return dladdr(address, &found) != 0 && found.dli_fname != nullptr &&
         dlopen(found.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE) != nullptr;
#else
  return true;
#endif
}

// Code that names this variable stays loaded: code that is called when a thread ends, say, since the thread may
// end after a dlclose(). The variable is hidden, so that each library has one of its own. It is initialized
// when the library is loaded: at any later moment the loader's lock may be held by a thread that waits for this
// one.
template <class Owner>
[[gnu::visibility("hidden")]] inline const bool stays_loaded = keep_loaded(&stays_loaded<Owner>);

// Runs `hook` when the calling thread ends, after the destructors of its thread_local objects. A hook
// asked for again while the thread is ending runs again. Threads alive at exit() run none.
// Throws std::system_error when the system has no key or no memory left. One hook for the process.
template <void (*Hook)() noexcept>
[[gnu::visibility("default")]] void at_thread_exit() {
  static const pthread_key_t key = [] {
    pthread_key_t made{};
    if (const int error = pthread_key_create(&made, [](void*) { Hook(); }); error != 0)
      throw std::system_error(error, std::generic_category(), "plait: no thread-exit key left");
    return made;
  }();
  // The value only has to be non-null for the destructor to be called.
  if (const int error = pthread_setspecific(key, &stays_loaded<std::integral_constant<decltype(Hook), Hook>>);
      error != 0)
    throw std::system_error(error, std::generic_category(), "plait: no memory for a thread-exit key");
}

// The process's one T, made at first use and never destroyed: the last destructors of a program may
// still reach it.
template <class T>
[[gnu::visibility("default")]] T& per_process() noexcept(std::is_nothrow_default_constructible_v<T>) {
  alignas(T) static std::byte room[sizeof(T)];
  static T& value = *std::construct_at(reinterpret_cast<T*>(room));
  return value;
}

// Calls `Before` in a thread that forks, and `After` in it and in its copy in the child, or `AfterInChild`
// there: whoever takes a lock in one and drops it in the other has a child that finds the lock free. Only the
// first call counts.
template <void (*Before)(), void (*After)(), void (*AfterInChild)() = After>
[[gnu::visibility("default")]] void around_fork() {
  static const int error = pthread_atfork(Before, After, AfterInChild);
  if (error != 0) throw std::system_error(error, std::generic_category(), "plait: no room for a fork handler");
}

}  // namespace PLAIT_NAMESPACE::detail::sync

#endif
