// SPDX-License-Identifier: MIT
#include <charconv>

#include <plait/remote/operations.hpp>

#include "merged_calls.hpp"

namespace plait::remote {

operations::operations(const connection& server, std::string_view script, std::string_view name)
    : session_(server.shared_session()), calls_(merged_calls::make(*session_, script_named(script), name)) {}

operations::~operations() {
  calls_->leave();
}

std::int64_t operations::number(operation what) {
  const answer result = calls_->call(std::move(what));
  if (!result.is_text()) return result.number();
  const std::string_view digits = result.text();
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (failure != std::errc() || end != digits.data() + digits.size())
    throw error(errc::wrong_type,
                "plait::remote: what is kept at the server is no number: " + std::string(digits));
  return value;
}

std::optional<std::string> operations::text(operation what) {
  const answer result = calls_->call(std::move(what));
  return result.is_nothing() ? std::nullopt : std::optional<std::string>(result.text());
}

std::vector<std::string> operations::list(operation what) {
  const answer result = calls_->call(std::move(what));
  std::vector<std::string> values;
  for (std::size_t i = 0; i < result.size(); ++i) values.emplace_back(result[i].text());
  return values;
}

void operations::collect_from(std::function<std::vector<operation>()> collect) {
  calls_->gather_from(std::move(collect));
}

void operations::announce() {
  calls_->gather();
}

}  // namespace plait::remote
