// SPDX-License-Identifier: MIT
#include <plait/remote/connection.hpp>

#include "session.hpp"

namespace plait::remote {

connection::connection(std::string_view url, const connection_options& options)
    : session_(std::make_shared<session>(url, options)) {}

bool connection::is_connected() const noexcept {
  return session_->is_connected();
}
std::uint64_t connection::reconnections() const noexcept {
  return session_->reconnections();
}
std::uint64_t connection::calls() const noexcept {
  return session_->calls();
}

}  // namespace plait::remote
