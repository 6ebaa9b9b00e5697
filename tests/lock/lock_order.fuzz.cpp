// SPDX-License-Identifier: MIT
// What was written is read as it was; any other text is read or refused with a reason; and what was read can be
// merged, written and read again.
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

#include <plait/detail/lock/known_orders.hpp>
#include <plait/detail/lock/order_texts.hpp>

#include "support/fuzz.hpp"

namespace {

using fuzz::require;
using plait::detail::as_json;
using plait::detail::from_json;
using plait::detail::known_orders;
using plait::detail::order_graph;
using plait::detail::order_picture;

order_picture some_picture(fuzz::input& in) {
  order_picture made;
  const unsigned classes = 2 + in.below(6);
  for (unsigned i = 0; i != classes; ++i)
    made.classes.push_back(
        {i + 1, std::string(in.below(4), static_cast<char>(in.byte())), in.flag(), in.flag()});
  for (unsigned left = in.below(12); left != 0; --left) {
    order_graph::edge each{.from = 1 + in.below(classes), .to = 1 + in.below(classes)};
    if (each.from == each.to) continue;
    each.has_many_threads = in.flag();
    each.first.thread = in.below(3);
    each.first.place.thread_name = in.flag() ? "one \"thread\"" : "";
    for (unsigned gates = in.below(3); gates != 0; --gates) each.first.gates.push_back(in.byte());
    if (in.flag()) each.first.place.stack_of_another_run = {"#0 f", "\\\n"};
    made.edges.push_back({each, in.flag()});
  }
  return made;
}

void merge(const order_picture& read) {
  known_orders all;
  for (int times = 0; times != 2; ++times) all.add(read);
  std::vector<plait::detail::order_finding> found;
  all.judge(plait::lock_certainty::unlikely, false, {}, [](const order_graph::edge&) { return false; }, found);
  for (const auto& each : found) require(!each.readable().text().empty(), "a cycle has a report");
  const std::string written = as_json(all.look());
  require(as_json(from_json(written)) == written, "what was merged is read as it was written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  const order_picture made = some_picture(in);
  std::string text = as_json(made);
  require(as_json(from_json(text)) == text, "what was written is read as it was");
  merge(made);
  if (in.flag()) {
    text = in.rest();
  } else {
    for (; !in.empty(); text.at((in.byte() << 8 | in.byte()) % text.size()) = static_cast<char>(in.byte())) {
    }
  }
  try {
    merge(from_json(text));
  } catch (const std::invalid_argument& error) {
    require(error.what()[0] != '\0', "a refusal has a reason");
  }
  return 0;
}
