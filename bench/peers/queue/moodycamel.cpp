// SPDX-License-Identifier: MIT
// moodycamel: ConcurrentQueue, which never waits, so the adapter yields.
// moodycamel_blocking: BlockingConcurrentQueue, which waits for items.
// Both have no bound: the capacity is allocated beforehand, and producers then run ahead without limit. The
// workloads ask for a bound, but this is the fastest use of these queues.
// moodycamel_bounded: BlockingConcurrentQueue with a bound, by a semaphore of moodycamel's that counts the free
// places. This does what the workloads ask for.
// Each thread has a token, as the manual advises.
#include <thread>

#include <concurrentqueue/blockingconcurrentqueue.h>
#include <concurrentqueue/concurrentqueue.h>
#include <concurrentqueue/lightweightsemaphore.h>

#include "queue/bounded_queue.bench.hpp"
#include "queue/unbounded_queue.bench.hpp"

namespace {

template <class T>
struct blocking : moodycamel::BlockingConcurrentQueue<T> {
  using value_type = T;
  using moodycamel::BlockingConcurrentQueue<T>::BlockingConcurrentQueue;
};

template <class T>
struct bounded : blocking<T> {
  explicit bounded(std::size_t capacity)
      : blocking<T>(capacity), free_places(static_cast<std::ptrdiff_t>(capacity)) {}

  void enqueue(moodycamel::ProducerToken& token, T item) {
    free_places.wait();
    blocking<T>::enqueue(token, std::move(item));
  }
  void wait_dequeue(moodycamel::ConsumerToken& token, T& item) {
    blocking<T>::wait_dequeue(token, item);
    free_places.signal();
  }

  moodycamel::LightweightSemaphore free_places;
};

template <class T>
struct nonblocking : moodycamel::ConcurrentQueue<T> {
  using value_type = T;
  using moodycamel::ConcurrentQueue<T>::ConcurrentQueue;

  void wait_dequeue(moodycamel::ConsumerToken& token, T& item) {
    while (!this->try_dequeue(token, item)) std::this_thread::yield();
  }
  std::size_t wait_dequeue_bulk(moodycamel::ConsumerToken& token, T* items, std::size_t count) {
    for (;;) {
      if (const std::size_t taken = this->try_dequeue_bulk(token, items, count); taken != 0) return taken;
      std::this_thread::yield();
    }
  }
};

template <class Queue>
class with_tokens {
 public:
  using value_type = typename Queue::value_type;
  explicit with_tokens(std::size_t capacity) : queue_(capacity) {}

  struct producer_type {
    Queue& queue;
    moodycamel::ProducerToken token{queue};

    [[gnu::always_inline]] void push(value_type item) { queue.enqueue(token, std::move(item)); }
    void push_n(std::span<const value_type> items) { queue.enqueue_bulk(token, items.data(), items.size()); }
  };
  struct consumer_type {
    Queue& queue;
    moodycamel::ConsumerToken token{queue};

    [[gnu::always_inline]] value_type pop() {
      value_type item;
      queue.wait_dequeue(token, item);
      return item;
    }
    std::size_t pop_n(std::span<value_type> items) {
      return queue.wait_dequeue_bulk(token, items.data(), items.size());
    }
  };

  producer_type producer() { return {queue_}; }
  consumer_type consumer() { return {queue_}; }

 private:
  Queue queue_;
};

template <template <class> class Queue>
struct each_with_tokens {
  template <class T>
  using queue = with_tokens<Queue<T>>;
};

template <template <class> class Queue>
void add(const std::string& name) {
  bench::add_bounded_queue<with_tokens<Queue<std::uint64_t>>>(name);
  bench::add_move_only_queue<each_with_tokens<Queue>::template queue>(name);
}

const bench::registration queues([] {
  add<nonblocking>("moodycamel");
  add<blocking>("moodycamel_blocking");
  add<bounded>("moodycamel_bounded");
  bench::add_batch<with_tokens<nonblocking<std::uint64_t>>>("bounded_queue", "moodycamel");
  bench::add_batch<with_tokens<blocking<std::uint64_t>>>("bounded_queue", "moodycamel_blocking");
  bench::add_unbounded_queue<with_tokens<nonblocking<std::uint64_t>>>("moodycamel");
  bench::add_unbounded_queue<with_tokens<blocking<std::uint64_t>>>("moodycamel_blocking");
  bench::add_batch<with_tokens<nonblocking<std::uint64_t>>>("unbounded_queue", "moodycamel");
  bench::add_batch<with_tokens<blocking<std::uint64_t>>>("unbounded_queue", "moodycamel_blocking");
});

}  // namespace
