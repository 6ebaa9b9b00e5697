// SPDX-License-Identifier: MIT
// Every structure of plait. Including only the header you need compiles faster.
#pragma once

#include <plait/access_statistics.hpp>
#include <plait/async_queue.hpp>
#include <plait/bounded_queue.hpp>
#include <plait/cache_options.hpp>
#include <plait/cache_statistics.hpp>
#include <plait/concurrent_queue.hpp>
#include <plait/conqueue_status.hpp>
#include <plait/counter.hpp>
#include <plait/expiring_cache.hpp>
#include <plait/hash_map.hpp>
#include <plait/hazard_pointer.hpp>
#include <plait/keyed_counter.hpp>
#include <plait/lifo_queue.hpp>
#include <plait/lock_all.hpp>
#include <plait/lock_order.hpp>
#include <plait/lock_order_report.hpp>
#include <plait/mutex.hpp>
#include <plait/order_of_equals.hpp>
#include <plait/pop_any.hpp>
#include <plait/prioritized.hpp>
#include <plait/priority_queue.hpp>
#include <plait/queue_element.hpp>
#include <plait/queue_interface.hpp>
#include <plait/queue_scopes.hpp>
#include <plait/readiness_fd.hpp>
#include <plait/recursive_mutex.hpp>
#include <plait/relaxed_priority_queue.hpp>
#include <plait/removal_cause.hpp>
#include <plait/shared_mutex.hpp>
#include <plait/spsc_queue.hpp>
#include <plait/stats_map.hpp>
#include <plait/synchronized_value.hpp>
#include <plait/thread_specific.hpp>
#include <plait/unbounded_queue.hpp>
