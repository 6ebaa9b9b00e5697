// SPDX-License-Identifier: MIT
#pragma once
#include <utility>
#include <plait/detail/segment_list.hpp>
#include <plait/detail/waiting_queue.hpp>
namespace PLAIT_NAMESPACE {
template <queue_element T>
class unbounded_queue : public detail::waiting_queue<detail::segment_list<T>> {
  using base = detail::waiting_queue<detail::segment_list<T>>;
 public:
  unbounded_queue() : base(std::in_place) {}
};
}
