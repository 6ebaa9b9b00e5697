// SPDX-License-Identifier: MIT
// What every store promises, whatever the element, the iterator and the allocator.
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <memory_resource>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/conqueue_status.hpp>
#include <plait/detail/queue/guarded_store.hpp>
#include <plait/detail/queue/heap_lanes.hpp>
#include <plait/detail/queue/item_heap.hpp>
#include <plait/detail/queue/item_stack.hpp>
#include <plait/detail/queue/lap_ring.hpp>
#include <plait/detail/queue/segment_list.hpp>
#include <plait/detail/queue/spsc_ring.hpp>

namespace {

using plait::conqueue_status;
namespace detail = plait::detail;

// Stores that allocate all memory when they are made.
struct array_at_once {};

// Each store with room for `capacity`, if it has a bound.
struct lap_ring : array_at_once {
  template <class T, class Allocator>
  using store = detail::lap_ring<T, Allocator>;
  template <class Store, class Allocator>
  static std::unique_ptr<Store> make(std::size_t capacity, const Allocator& allocator) {
    return std::make_unique<Store>(capacity, allocator);
  }
};
struct spsc_ring : lap_ring {
  template <class T, class Allocator>
  using store = detail::spsc_ring<T, Allocator>;
};
struct segment_list {
  template <class T, class Allocator>
  using store = detail::segment_list<T, Allocator>;
  template <class Store, class Allocator>
  static std::unique_ptr<Store> make(std::size_t, const Allocator& allocator) {
    return std::make_unique<Store>(allocator);
  }
};
struct guarded_stack {
  template <class T, class Allocator>
  using store = detail::guarded_store<detail::item_stack<T, Allocator>>;
  template <class Store, class Allocator>
  static std::unique_ptr<Store> make(std::size_t capacity, const Allocator& allocator) {
    return std::make_unique<Store>(capacity, allocator);
  }
};
struct guarded_heap {
  template <class T, class Allocator>
  using store = detail::guarded_store<detail::item_heap<T, std::less<>, plait::stable_order, Allocator>>;
  template <class Store, class Allocator>
  static std::unique_ptr<Store> make(std::size_t capacity, const Allocator& allocator) {
    return std::make_unique<Store>(capacity, std::less<>(), allocator);
  }
};
struct heap_lanes {
  template <class T, class Allocator>
  using store = detail::heap_lanes<T, std::less<>, Allocator>;
  template <class Store, class Allocator>
  static std::unique_ptr<Store> make(std::size_t, const Allocator& allocator) {
    return std::make_unique<Store>(std::less<>(), allocator);
  }
};

template <class Kind>
class stores : public testing::Test {
 public:
  template <class T, class Allocator = std::allocator<T>>
  static auto make(std::size_t capacity, const Allocator& allocator = Allocator()) {
    return Kind::template make<typename Kind::template store<T, Allocator>>(capacity, allocator);
  }
};

struct names {
  template <class Kind>
  static std::string GetName(int) {
    const char* const all[] = {"lap_ring",      "spsc_ring",    "segment_list",
                               "guarded_stack", "guarded_heap", "heap_lanes"};
    const bool is[] = {std::same_as<Kind, lap_ring>,     std::same_as<Kind, spsc_ring>,
                       std::same_as<Kind, segment_list>, std::same_as<Kind, guarded_stack>,
                       std::same_as<Kind, guarded_heap>, std::same_as<Kind, heap_lanes>};
    for (std::size_t i = 0; i != std::size(is); ++i)
      if (is[i]) return all[i];
    return "unknown";
  }
};
using kinds = testing::Types<lap_ring, spsc_ring, segment_list, guarded_stack, guarded_heap, heap_lanes>;
TYPED_TEST_SUITE(stores, kinds, names);

template <class T>
std::optional<T> get(auto& store) {
  std::optional<T> item;
  store.try_get(item);
  return item;
}

// -- elements --

// Its address cannot be taken by operator&.
struct addressless {
  explicit addressless(int number) : value(number) {}
  void operator&() const = delete;  // NOLINT(google-runtime-operator): that is the question
  bool operator<(const addressless& other) const noexcept { return value < other.value; }
  int value;
};

TYPED_TEST(stores, an_element_may_overload_the_address_operator) {
  const auto store = this->template make<addressless>(8);
  EXPECT_EQ(store->try_put(addressless(1)), conqueue_status::success);
  std::vector<addressless> more{addressless(2), addressless(3)};
  auto from = std::make_move_iterator(more.begin());
  EXPECT_EQ(store->try_put_n(from, 2), 2u);
  int sum = get<addressless>(*store)->value;
  std::vector<addressless> got(2, addressless(0));
  auto to = got.begin();
  EXPECT_EQ(store->try_get_n(to, 2), 2u);
  sum += got[0].value + got[1].value;
  EXPECT_EQ(sum, 6);
}

// Its operator& returns another address.
struct misleading {
  explicit misleading(std::string text) : value(std::move(text)) {}
  misleading* operator&() { return nullptr; }  // NOLINT(google-runtime-operator): that is the question
  bool operator<(const misleading& other) const noexcept { return value < other.value; }
  std::string value;
};

TYPED_TEST(stores, an_address_operator_that_lies_is_not_believed) {
  const auto store = this->template make<misleading>(4);
  EXPECT_EQ(store->try_put(misleading("a string that is too long to be kept in place")),
            conqueue_status::success);
  EXPECT_EQ(get<misleading>(*store)->value, "a string that is too long to be kept in place");
  EXPECT_EQ(store->try_put(misleading("left inside, and too long to be kept in place, too")),
            conqueue_status::success);
}

// -- the allocator --

TYPED_TEST(stores, elements_are_made_without_the_allocator) {
  using text = std::pmr::string;
  std::vector<std::byte> room(1 << 17);
  std::pmr::monotonic_buffer_resource memory(room.data(), room.size(), std::pmr::null_memory_resource());
  const std::pmr::polymorphic_allocator<text> allocator(&memory);
  const auto store = this->template make<text>(100, allocator);
  EXPECT_EQ(store->get_allocator().resource(), &memory);
  // More bytes than the queue's memory has room for.
  for (int i = 0; i != 100; ++i) ASSERT_EQ(store->try_put(text(10'000, 'x')), conqueue_status::success);
  for (int i = 0; i != 100; ++i) {
    const std::optional<text> got = get<text>(*store);
    ASSERT_TRUE(got);
    ASSERT_EQ(got->size(), 10'000u);
    ASSERT_EQ(got->get_allocator().resource(), std::pmr::get_default_resource());
  }
}

TYPED_TEST(stores, all_memory_comes_from_the_allocator_and_goes_back) {
  struct counting_resource : std::pmr::memory_resource {
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
      held += bytes, all += bytes;
      return std::pmr::new_delete_resource()->allocate(bytes, alignment);
    }
    void do_deallocate(void* what, std::size_t bytes, std::size_t alignment) override {
      held -= bytes;
      std::pmr::new_delete_resource()->deallocate(what, bytes, alignment);
    }
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
    std::size_t held = 0, all = 0;
  } memory;
  {
    const auto store =
        this->template make<std::uint64_t>(100'000, std::pmr::polymorphic_allocator<std::uint64_t>(&memory));
    for (std::uint64_t i = 0; i != 100'000; ++i)
      ASSERT_EQ(store->try_put(std::uint64_t{i}), conqueue_status::success);
    EXPECT_GE(memory.held, 100'000 * sizeof(std::uint64_t));
    for (std::uint64_t i = 0; i != 60'000; ++i) ASSERT_TRUE(get<std::uint64_t>(*store));
  }
  EXPECT_EQ(memory.held, 0u);
  EXPECT_GE(memory.all, 100'000 * sizeof(std::uint64_t));
}

// -- iterators --

struct move_only {
  explicit move_only(std::uint64_t number) noexcept : value(std::make_unique<std::uint64_t>(number)) {}
  bool operator<(const move_only& other) const noexcept { return *value < *other.value; }
  std::unique_ptr<std::uint64_t> value;
};

// An iterator that generates a new item each time it is read.
struct generator {
  using value_type = move_only;
  using difference_type = std::ptrdiff_t;
  value_type operator*() const noexcept { return move_only((*reads)++); }
  generator& operator++() noexcept { return *this; }
  generator operator++(int) noexcept { return *this; }
  std::uint64_t* reads;
};

TYPED_TEST(stores, what_an_iterator_generates_is_read_once_and_goes_in) {
  using item = generator::value_type;
  std::vector<std::byte> room(std::size_t{1} << 12);
  std::pmr::monotonic_buffer_resource memory(room.data(), room.size(), std::pmr::null_memory_resource());
  const std::size_t capacity = std::derived_from<TypeParam, array_at_once> ? 100 : 1000;
  const auto store = this->template make<item>(capacity, std::pmr::polymorphic_allocator<item>(&memory));
  std::uint64_t reads = 0, in = 0;
  generator from{&reads};
  // Until the store is full or memory runs out: first in the middle of a batch, and then at its start.
  try {
    while (const std::size_t done = store->try_put_n(from, 10)) in += done;
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): see above
  }
  EXPECT_GT(in, 50u);
  EXPECT_EQ(reads, in);
  std::uint64_t out = 0, sum = 0;
  while (const std::optional<item> got = get<item>(*store)) ++out, sum += *got->value;
  EXPECT_EQ(out, in);
  EXPECT_EQ(sum, in * (in - 1) / 2);
}

// Iterators whose operator, is deleted.
template <class Base>
struct no_comma : Base {
  no_comma& operator++() noexcept {
    Base::operator++();
    return *this;
  }
  no_comma operator++(int) noexcept {
    no_comma old = *this;
    ++*this;
    return old;
  }
  template <class Other>
  void operator,(Other&&) const = delete;
  template <class Other>
  friend void operator,(Other&&, const no_comma&) = delete;
};

TYPED_TEST(stores, an_iterator_may_have_no_comma_operator) {
  const auto store = this->template make<int>(4);
  std::vector<int> items{1, 2, 3}, got(3);
  no_comma<std::vector<int>::iterator> from{items.begin()}, to{got.begin()};
  EXPECT_EQ(store->try_put_n(from, 3), 3u);
  EXPECT_EQ(store->try_get_n(to, 3), 3u);
  EXPECT_EQ(got[0] + got[1] + got[2], 6);
}

// -- counts --

struct zeros {
  using value_type = int;
  using difference_type = std::ptrdiff_t;
  int operator*() const noexcept { return 0; }
  zeros& operator++() noexcept { return *this; }
  zeros operator++(int) noexcept { return *this; }
};

constexpr std::size_t everything = std::numeric_limits<std::size_t>::max();

TYPED_TEST(stores, as_many_as_there_is_room_for) {
  const auto store = this->template make<int>(5);
  if constexpr (std::remove_reference_t<decltype(*store)>::is_bounded) {
    zeros from;
    EXPECT_EQ(store->try_put(0), conqueue_status::success);
    EXPECT_EQ(store->try_put_n(from, everything), 4u);
    EXPECT_EQ(store->try_put_n(from, everything), 0u);
    EXPECT_EQ(store->size(), 5u);
  }
}

TYPED_TEST(stores, as_many_as_there_are) {
  const auto store = this->template make<int>(5);
  zeros from;
  EXPECT_EQ(store->try_put(0), conqueue_status::success);
  EXPECT_EQ(store->try_put_n(from, 3), 3u);
  std::vector<int> got(5, 1);
  auto to = got.begin();
  EXPECT_EQ(store->try_get_n(to, 0), 0u);
  EXPECT_EQ(store->try_get_n(to, everything), 4u);
  EXPECT_EQ(store->try_get_n(to, everything), 0u);
  EXPECT_EQ(got, (std::vector<int>{0, 0, 0, 0, 1}));
}

// A store without a bound takes as many items as it can, until it is closed.
TEST(segment_list, an_endless_batch_ends_when_the_store_is_closed) {
  detail::segment_list<int> store;
  store.try_put(0);
  std::size_t put = 0;
  std::thread producer([&] {
    zeros from;
    put = store.try_put_n(from, everything);
  });
  while (store.size() < 10'000) std::this_thread::yield();
  store.close();
  producer.join();
  EXPECT_EQ(store.size(), put + 1);
  std::size_t got = 0;
  for (std::optional<int> item; store.try_get(item) == conqueue_status::success; item.reset()) ++got;
  EXPECT_EQ(got, put + 1);
}

}  // namespace
