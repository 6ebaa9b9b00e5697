// SPDX-License-Identifier: MIT
// Adds one to an account, as any number of processes may at the same time: fenced_mutex URL.
#include <cstdint>
#include <cstdio>
#include <string>

#include <plait/remote/connection.hpp>
#include <plait/remote/fenced_mutex.hpp>
#include <plait/remote/map.hpp>

int main(int count, char** arguments) {
  if (count != 2) return std::fprintf(stderr, "usage: %s URL\n", arguments[0]), 2;
  const plait::remote::connection server(arguments[1]);
  plait::remote::fenced_mutex ledger(server, "ledger lock");
  plait::remote::map<std::string, std::int64_t> accounts(server, "ledger");
  if (const auto mine = ledger.lock(); accounts.fence("ann", mine->token())) {
    const std::int64_t before = accounts.get("ann").value_or(0);
    if (!accounts.put("ann", before + 1, mine->token())) std::puts("the lock was lost; nothing was written");
  }
}
