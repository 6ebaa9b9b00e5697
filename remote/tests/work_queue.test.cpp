// SPDX-License-Identifier: MIT
// The contract of all queues, over a server.
#include <cstddef>
#include <string>

#include <gtest/gtest.h>

#include <plait/concurrent_queue.hpp>
#include <plait/prioritized.hpp>
#include <plait/remote/connection.hpp>
#include <plait/remote/priority_queue.hpp>
#include <plait/remote/queue.hpp>

#include "support/server.hpp"
#include "support/work_queue_contract.hpp"

namespace {

using namespace work_queue_tests;

static_assert(plait::work_queue<plait::remote::queue<std::string>>);
static_assert(plait::work_queue<plait::remote::priority_queue<plait::prioritized<int, std::string>>>);

// A new one at each call, all at one server.
template <class Queue>
Queue make_queue(std::size_t capacity) {
  static const support::server server;
  static const plait::remote::connection here(server.url());
  static int count = 0;
  return Queue(here, "queue " + std::to_string(++count), {.capacity = capacity});
}

struct remote {
  template <class T>
  using queue = plait::remote::queue<T>;
  template <class T>
  static queue<T> make(std::size_t capacity) {
    return make_queue<queue<T>>(capacity);
  }
  static constexpr const char* name = "remote_queue";
};
struct remote_priority {
  template <class T>
  using queue = plait::remote::priority_queue<T>;
  template <class T>
  static queue<T> make(std::size_t capacity) {
    return make_queue<queue<T>>(capacity);
  }
  static constexpr const char* name = "remote_priority_queue";
};

using all = testing::Types<remote, remote_priority>;
INSTANTIATE_TYPED_TEST_SUITE_P(at_a_server, work_queue_contract, all, queue_kinds::name_of);

}  // namespace
