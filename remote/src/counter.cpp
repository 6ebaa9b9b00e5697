// SPDX-License-Identifier: MIT
#include <charconv>
#include <string>

#include <plait/remote/counter.hpp>

#include "merged_calls.hpp"

namespace plait::remote {

counter::counter(const connection& server, std::string_view name)
    : session_(server.shared_session()),
      unsent_(std::make_shared<std::atomic<value_type>>(0)),
      calls_(merged_calls::make(*session_, script_named("counter"), name)) {
  calls_->gather_from([unsent = unsent_]() -> std::optional<merged_calls::operation> {
    const value_type amount = unsent->exchange(0);
    if (amount == 0) return std::nullopt;
    return merged_calls::operation{"add", std::to_string(amount)};
  });
}

counter::~counter() {
  calls_->leave();
}

void counter::add(value_type amount) {
  unsent_->fetch_add(amount);
  calls_->gather();
}

void counter::flush() {
  calls_->call({"beat"});
}

counter::value_type counter::value() {
  const answer result = calls_->call({"get"});
  const std::string_view digits = result.text();
  value_type number = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (failure != std::errc() || end != digits.data() + digits.size())
    throw error(errc::wrong_type,
                "plait::remote::counter: the value at the server is no number: " + std::string(digits));
  return number;
}

}  // namespace plait::remote
