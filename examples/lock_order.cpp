// SPDX-License-Identifier: MIT
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>

#include <plait/lock_all.hpp>
#include <plait/lock_order.hpp>

namespace {

// [switch]
constexpr bool locks_are_checked = true;  // or what your build says
using mutex = plait::checked<std::mutex, locks_are_checked>;
// [switch]

}  // namespace

int main() {
  std::string told;
  plait::lock_order::on_report([&](const plait::lock_order_report& report) { told = report.text(); });

  // [inversion]
  plait::checked<std::mutex> accounts("accounts"), audit("audit");
  const auto book = [&] {
    const std::scoped_lock account(accounts);
    const std::scoped_lock log(audit);
  };
  const auto check = [&] {
    const std::scoped_lock log(audit);
    const std::scoped_lock account(accounts);
  };
  std::thread(book).join();
  std::thread(check).join();  // nothing hangs, this time; the report has both threads and both places
  // [inversion]
  std::fputs(told.c_str(), stdout);
  if (plait::lock_order::reports() != 1) return 1;

  // [together]
  const auto transfer = [&] { const auto both = plait::lock_all(audit, accounts); };  // in whatever order
  // [together]
  std::thread(transfer).join();

  // [rank]
  mutex session("session", plait::lock_rank(10)), table("table", plait::lock_rank(20));
  mutex log("log", plait::leaf_lock);
  // [rank]

  // [key]
  mutex alice("account", plait::lock_key(1)), bob("account", plait::lock_key(2));
  // [key]
  {
    const std::scoped_lock lower(alice);
    const std::scoped_lock higher(bob);
  }

  // [merge]
  const std::string seen = plait::lock_order::to_json();  // each run writes it to a file at its end
  plait::lock_order::merge_json(seen);                    // and somebody reads them all
  // [merge]

  const std::scoped_lock outer(session);
  const std::scoped_lock inner(table);
  const std::scoped_lock last(log);
  return plait::lock_order::reports() == 1 ? 0 : 1;
}
