// SPDX-License-Identifier: MIT
#include <plait/remote/change_listener.hpp>

#include "server_state.hpp"
#include "session.hpp"

namespace plait::remote {

void change_listener::has_heard_until(clock::time_point when) {
  fresh_until_ = when + max_stale_;
}

void change_listener::hears_no_more() {
  fresh_until_ = clock::time_point::min();
  all_changed();
}

listening::listening(const connection& server, std::string_view name, std::string_view part,
                     const std::shared_ptr<change_listener>& listener)
    : session_(server.shared_session()), listener_(listener) {
  session_->listen(key_of(name, part), listener);
}

listening::~listening() {
  session_->stop_listening(*listener_);
}

}  // namespace plait::remote
