// SPDX-License-Identifier: MIT
#include <plait/bounded_queue.hpp>

#include <optional>

#include <gtest/gtest.h>
#include <verify/scenario.hpp>

namespace {

TEST(bounded_queue, a_push_and_a_pop_meet) {
  const verify::report found = verify::explore([] {
    plait::bounded_queue<int> queue(1);
    std::optional<int> got;
    verify::threads([&] { queue.push(7); }, [&] { got = queue.pop(); });
    verify::check(got == 7, "the item arrives");
  });
  std::cout << found << '\n';
  EXPECT_TRUE(found) << found;
}

}  // namespace
