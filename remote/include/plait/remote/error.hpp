// SPDX-License-Identifier: MIT
// remote::error: what trying again cannot mend. Everything else is a status or is mended by the connection.
//
//   cannot_connect    the server could not be reached within connection_options::connect_timeout; or it refuses
//                     the user, the password or the database
//   unsafe_server     the server may throw keys away when its memory is full (its maxmemory-policy is not
//                     noeviction)
//   not_permitted     the user lacks the right to a command
//   wrong_type        a key is not what plait left there, or the structure was created with other options
//   state_lost        the server knows nothing of this structure any more: restarted without a file, or flushed
//   updates_lost      the server has forgotten updates that it had acknowledged (a failover, or a restart from
//                     a file that lagged); the message names them by their numbers
//   outcome_unknown   the deadline has passed, and the connection broke before the answer came: the call may
//                     have been carried out, or may be later
//   out_of_memory     the server has none left; nothing was changed
//   protocol          an answer that plait does not understand
#pragma once

#include <memory>
#include <string>
#include <system_error>

namespace plait::remote {

enum class errc {
  cannot_connect = 1,
  unsafe_server,
  not_permitted,
  wrong_type,
  state_lost,
  updates_lost,
  outcome_unknown,
  out_of_memory,
  protocol,
};

const std::error_category& category() noexcept;

inline std::error_code make_error_code(errc value) noexcept {
  return {static_cast<int>(value), category()};
}

class error : public std::system_error {
 public:
  error(errc code, const std::string& what)
      : std::system_error(make_error_code(code)),
        text_(std::make_shared<const std::string>(what + ": " + make_error_code(code).message())) {}
  error(const error&) noexcept = default;  // and no move: what() is there afterwards
  error& operator=(const error&) noexcept = default;

  const char* what() const noexcept override { return text_->c_str(); }

 private:
  // Several threads get copies of one error. The base would share its text with them as well, but counts its
  // holders inside the standard library, where ThreadSanitizer does not look, and so reports a race.
  std::shared_ptr<const std::string> text_;
};

}  // namespace plait::remote

template <>
struct std::is_error_code_enum<plait::remote::errc> : std::true_type {};
