// SPDX-License-Identifier: MIT
#include "orders.hpp"

#include <algorithm>

#include "allocation.hpp"

namespace verify {

std::string_view to_string(std::memory_order order) noexcept {
  switch (order) {
    case std::memory_order_relaxed:
      return "relaxed";
    case std::memory_order_consume:
      return "consume";
    case std::memory_order_acquire:
      return "acquire";
    case std::memory_order_release:
      return "release";
    case std::memory_order_acq_rel:
      return "acq_rel";
    case std::memory_order_seq_cst:
      return "seq_cst";
  }
  return "unknown";
}

std::string_view to_string(access kind) noexcept {
  switch (kind) {
    case access::load:
      return "load";
    case access::store:
      return "store";
    case access::modify:
      return "read-modify-write";
    case access::failed_modify:
      return "failed compare-exchange";
    case access::fence:
      return "fence";
  }
  return "unknown";
}

std::string to_string(const order_site& at) {
  const std::string name = at.file.substr(at.file.find_last_of('/') + 1);
  return name + ':' + std::to_string(at.line) + ' ' + std::string(to_string(at.access)) + ' ' +
         std::string(to_string(at.order));
}

std::vector<std::memory_order> weaker_orders(const order_site& at) {
  using enum std::memory_order;
  const bool reads = at.access != access::store;
  const bool writes = at.access == access::store || at.access == access::modify || at.access == access::fence;
  std::vector<std::memory_order> weaker;
  if (at.order == seq_cst && reads && writes) weaker.push_back(acq_rel);
  if (at.order == seq_cst || at.order == acq_rel) {
    if (reads) weaker.push_back(acquire);
    if (writes) weaker.push_back(release);
  }
  if (at.order != relaxed) weaker.push_back(relaxed);
  return weaker;
}

namespace detail {

void order_table::start_noting() {
  noting_ = true;
  idle_ = false;
  noted_.clear();
}

std::vector<order_site> order_table::stop_noting() {
  noting_ = false;
  idle_ = !weakened_;
  std::ranges::sort(noted_, {},
                    [](const order_site& each) { return std::tie(each.file, each.line, each.column); });
  return std::move(noted_);
}

void order_table::weaken(const order_site& at, std::memory_order to) {
  weakened_ = {at, to};
  idle_ = false;
}

void order_table::restore() {
  weakened_.reset();
  idle_ = !noting_;
}

std::memory_order order_table::look_up(std::memory_order named, access kind, const site& where) {
  const untracked own;
  const auto is_here = [&](const order_site& at) {
    return at.line == where.line() && at.column == where.column() && at.access == kind && at.order == named &&
           at.file == where.file_name();
  };
  if (noting_ && std::ranges::none_of(noted_, is_here))
    noted_.push_back({where.file_name(), where.line(), where.column(), kind, named});
  return weakened_ && is_here(weakened_->at) ? weakened_->order : named;
}

}  // namespace detail
}  // namespace verify
