// SPDX-License-Identifier: MIT
// Orders that travel as JSON: json_codec URL.
#include <cstdio>
#include <optional>
#include <string>

#include <plait/remote/connection.hpp>
#include <plait/remote/json_codec.hpp>
#include <plait/remote/queue.hpp>

struct order {
  std::string dish;
  int table = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(order, dish, table)

template <>
struct plait::remote::codec<order> : plait::remote::json_codec<order> {};

int main(int count, char** arguments) {
  if (count != 2) return std::fprintf(stderr, "usage: %s URL\n", arguments[0]), 2;
  const plait::remote::connection server(arguments[1]);
  plait::remote::queue<order> kitchen(server, "kitchen");
  kitchen.push({"soup", 7});
  if (const std::optional<order> next = kitchen.pop()) {
    std::printf("%s for table %d\n", next->dish.c_str(), next->table);
    kitchen.task_done();
  }
}
