// SPDX-License-Identifier: MIT
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <fmt/format.h>

#include <plait/hash_set.hpp>

#include <verify/history/map_monitor.hpp>
#include <verify/history/recorder.hpp>

#include "stress/check.hpp"
#include "stress/map_kinds.hpp"
#include "stress/team.hpp"
#include "stress/workload.hpp"

namespace {

using history::map_action;
using history::map_operation;
using stress::member;
using stress::round;
using stress::tally;
using stress::workload;
using recorder = history::recorder<map_operation>;

// Few keys that everybody uses, while each thread also puts keys of its own, so that the set grows under them.
template <class Kind>
tally membership(const round& of) {
  constexpr std::uint64_t shared_keys = 40;
  constexpr int calls = 400;
  plait::hash_set<typename Kind::key> set;
  recorder told(of.threads);
  stress::team threads(of);
  for (std::size_t i = 0; i != of.threads; ++i)
    threads.add(fmt::format("thread {}", i), [&, i](member& who) {
      recorder::log& into = told.thread(i);
      // Records the call of one key, which says whether it is there or has changed.
      const auto call = [&](const char* name, std::uint64_t key, map_action yes, map_action no,
                            auto operation) {
        who.does(name, [&] {
          const history::moment began = into.now();
          const bool result = operation(Kind::make_key(key));
          into.add(began, {result ? yes : no, key});
        });
      };
      for (int made = 0; made != calls; ++made) {
        const std::uint64_t key = who.random() % shared_keys;
        switch (who.random() % 8) {
          case 0:
          case 1:
            call("insert", key, map_action::inserted, map_action::not_inserted,
                 [&](auto&& each) { return set.insert(std::forward<decltype(each)>(each)); });
            break;
          case 2:
          case 3:
            call("erase", key, map_action::erased, map_action::not_erased,
                 [&](const auto& each) { return set.erase(each); });
            break;
          case 4:
            who.does("grow", [&] {
              const std::uint64_t first = shared_keys + (i * calls + static_cast<std::uint64_t>(made)) * 20;
              for (std::uint64_t own = first; own != first + 20; ++own) set.insert(Kind::make_key(own));
            });
            break;
          default:
            call("contains", key, map_action::found, map_action::not_found,
                 [&](const auto& each) { return set.contains(each); });
        }
      }
    });
  threads.run();
  return stress::check(told.collect(),
                       [](std::span<const history::map_call> all) { return history::find_map_fault(all); });
}

const workload all[] = {{"hash_set/words", membership<map_kinds::word>},
                        {"hash_set/text", membership<map_kinds::text>},
                        {"hash_set/short_and_long_text", membership<map_kinds::word_of_text>}};

}  // namespace
