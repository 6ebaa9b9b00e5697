// SPDX-License-Identifier: MIT
// The scenarios of the ring.
#include <optional>

#include <ring.hpp>

#include <verify/program.hpp>

void an_item_arrives() {
  ring<int, 2> queue;
  std::optional<int> got;
  verify::threads([&] { queue.try_push(7); }, [&] { got = queue.try_pop(); });
  if (!got) got = queue.try_pop();
  verify::check(got == 7, "the item arrives");
}

void items_arrive_in_order() {
  ring<int, 1> queue;
  verify::threads(
      [&] {
        for (int item = 1; item <= 3;) {
          if (queue.try_push(item)) {
            ++item;
          } else {
            threading::this_thread::yield();
          }
        }
      },
      [&] {
        for (int item = 1; item <= 3;) {
          if (const std::optional<int> got = queue.try_pop()) {
            verify::check(*got == item++, "items arrive in order");
          } else {
            threading::this_thread::yield();
          }
        }
      });
}

int main(int argc, char** argv) {
  return verify::run(argc, argv,
                     {{"an_item_arrives", an_item_arrives}, {"items_arrive_in_order", items_arrive_in_order}});
}
