// SPDX-License-Identifier: MIT
// The chapters of the tour. Each shows a problem, the few lines that solve it, and figures that it has just
// measured; what its sentences say about the figures is computed from them.
#pragma once

#include "tour/page.hpp"

namespace plait::cli::tour {

void race(page& out);
void counter(page& out);
void lock_all(page& out);
void lock(page& out);
void reentrant(page& out);
void queue(page& out);
void spsc(page& out);
void lifo(page& out);
void priority(page& out);
void unbounded(page& out);
void thread_specific(page& out);
void dict(page& out);
void statistics(page& out);
void cache(page& out);
void lock_order(page& out);
void schedules(page& out);
void remote(page& out);
void count_words(page& out);

}  // namespace plait::cli::tour
