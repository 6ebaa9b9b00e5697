// SPDX-License-Identifier: MIT
#include "workload.hpp"

#include <stdexcept>

namespace simulated {

double figures::operations_per_second() const {
  return static_cast<double>(operations) / std::chrono::duration<double>(time).count();
}

double figures::each(std::uint64_t simulate::traffic::* what) const {
  return operations == 0 ? 0 : static_cast<double>(done.*what) / static_cast<double>(operations);
}

meter::~meter() {
  if (has_begun_ && !has_ended_) sum_.done += simulate::simulation::running()->done() - before_;
}

bool meter::goes_on() {
  look();
  return !has_ended_;
}

void meter::wait_for_others() {
  simulate::simulation& here = *simulate::simulation::running();
  if (here.now() > span_.beginning) throw std::logic_error("a thread's preparations took longer than all may");
  here.pass(span_.beginning - here.now());
}

void meter::count() {
  look();
  if (has_begun_ && !has_ended_) ++sum_.operations;
}

void meter::look() {
  simulate::simulation& here = *simulate::simulation::running();
  if (!has_begun_ && here.now() >= span_.beginning + span_.warm_up) {
    has_begun_ = true;
    before_ = here.done();
  }
  if (!has_ended_ && here.now() >= span_.beginning + span_.warm_up + span_.measured) {
    has_ended_ = true;
    sum_.done += here.done() - before_;
  }
}

figures run_together(simulate::simulation& all, const span_of_time& span, const std::vector<body>& bodies) {
  figures sum;
  sum.time = span.measured;
  for (const body& each : bodies)
    all.add([&] {
      meter mine(span, sum);
      each(mine);
    });
  all.run();
  return sum;
}

figures repeat(simulate::simulation& all, const span_of_time& span, unsigned threads,
               const std::function<std::function<void()>(unsigned)>& make) {
  std::vector<body> bodies;
  for (unsigned number = 0; number != threads; ++number)
    bodies.emplace_back([&make, number](meter& mine) {
      const auto operation = make(number);
      operation();
      mine.wait_for_others();
      while (mine.goes_on()) {
        operation();
        mine.count();
      }
    });
  return run_together(all, span, bodies);
}

std::string workload::shape(unsigned cores) const {
  if (!in_pairs) return std::to_string(cores) + 'T';
  return std::to_string(cores / 2) + 'P' + std::to_string(cores / 2) + 'C';
}

}  // namespace simulated
