// SPDX-License-Identifier: MIT
// relaxed_priority_queue compared with the strict one, and its rank error.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <functional>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <plait/priority_queue.hpp>
#include <plait/relaxed_priority_queue.hpp>

#include "queue/priority_queue.bench.hpp"
#include "support/plait_queue.hpp"

namespace {

using strict = bench::blocking<plait::priority_queue<std::uint64_t>>;
struct numbers : plait::relaxed_priority_queue<std::uint64_t> {
  explicit numbers(std::size_t /*capacity*/ = 0) {}
};
using relaxed = bench::blocking<numbers>;

// Counts how many present numbers of a sorted list are below a given one.
class present {
 public:
  explicit present(std::size_t count) : sums_(count + 1) {}

  void add(std::size_t at, int change) {
    for (++at; at < sums_.size(); at += at & -at) sums_[at] += change;
  }
  int below(std::size_t at) const {
    int sum = 0;
    for (; at != 0; at &= at - 1) sum += sums_[at];
    return sum;
  }

 private:
  std::vector<int> sums_;
};

struct step {
  std::chrono::steady_clock::time_point when;
  std::uint64_t number;
  bool is_push;
};

struct rank_errors {
  double pops = 0;
  double sum = 0;
  double worst = 0;
};

// How many smaller numbers each pop left inside, if all happened in the order of their times. A pop may have
// taken its item before smaller ones were pushed that count against it here, so the error is overestimated
// rather than underestimated.
rank_errors rank_errors_of(std::vector<step> all) {
  std::ranges::stable_sort(all, {}, &step::when);
  std::vector<std::uint64_t> numbers;
  for (const step& each : all)
    if (each.is_push) numbers.push_back(each.number);
  std::ranges::sort(numbers);
  present inside(numbers.size());
  rank_errors found;
  for (const step& each : all) {
    const auto place = std::ranges::lower_bound(numbers, each.number);
    if (place == numbers.end() || *place != each.number)
      throw bench::wrong_result("popped " + std::to_string(each.number) + ", which was never pushed");
    const auto at = static_cast<std::size_t>(place - numbers.begin());
    inside.add(at, each.is_push ? 1 : -1);
    if (each.is_push) continue;
    const double error = inside.below(at);
    ++found.pops;
    found.sum += error;
    found.worst = std::max(found.worst, error);
  }
  return found;
}

// As alternating(), with every operation recorded: a push by the time it began, a pop by the time it ended.
template <bench::priority_peer Queue>
bench::measurement rank_error(std::size_t threads, std::chrono::nanoseconds time) {
  using clock = std::chrono::steady_clock;
  constexpr std::size_t size = 65'536;
  Queue queue;
  bench::stop_flag stop;
  bench::random_steps fill(1);
  std::vector<step> all;
  std::uint64_t tag = 0;  // makes numbers distinct
  const auto distinct = [](std::uint64_t number, std::uint64_t mark) { return number << 28 | mark; };
  for (std::size_t i = 0; i != size; ++i) {
    all.push_back({clock::now(), distinct(fill(), tag++), true});
    queue.push(all.back().number);
  }
  std::vector<std::vector<step>> taken(threads);
  std::vector<bench::job> jobs;
  for (std::size_t i = 0; i != taken.size(); ++i) {
    jobs.push_back([&, i] {
      constexpr std::size_t most = 400'000;
      std::vector<step> mine;
      mine.reserve(most);
      bench::random_steps walk(i + 2);
      std::uint64_t now = 0, next_tag = (i + 1) << 24;
      while (!stop() && mine.size() != most) {
        mine.push_back({clock::now(), distinct((now >> 28) + walk(), next_tag++), true});
        queue.push(mine.back().number);
        now = queue.pop();
        mine.push_back({clock::now(), now, false});
      }
      taken[i] = std::move(mine);
    });
  }
  bench::measurement measured = bench::run_together(jobs, time, stop);

  for (const std::vector<step>& mine : taken) all.insert(all.end(), mine.begin(), mine.end());
  const rank_errors found = rank_errors_of(std::move(all));
  measured.items = found.pops;
  measured.extra = {{"mean_rank_error", found.sum / found.pops}, {"largest_rank_error", found.worst}};
  return measured;
}

const bench::registration queues([] {
  bench::add_priority_queue<relaxed>("plait_relaxed");
  bench::add_idle<relaxed>("relaxed_priority_queue", "plait");
  bench::add_for_threads("relaxed_priority_queue", "rank_error", "plait", rank_error<relaxed>);
  bench::add_for_threads("relaxed_priority_queue", "rank_error", "plait_strict", rank_error<strict>);
});

}  // namespace
