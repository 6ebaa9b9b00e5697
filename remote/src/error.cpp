// SPDX-License-Identifier: MIT
#include <plait/remote/error.hpp>

namespace plait::remote {
namespace {

class remote_category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "plait::remote"; }
  std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
      case errc::cannot_connect:
        return "cannot connect";
      case errc::unsafe_server:
        return "the server may evict keys";
      case errc::not_permitted:
        return "not permitted";
      case errc::wrong_type:
        return "a key holds something else";
      case errc::state_lost:
        return "the server has lost the structure";
      case errc::updates_lost:
        return "the server has lost updates that it had acknowledged";
      case errc::outcome_unknown:
        return "whether it was carried out is not known";
      case errc::out_of_memory:
        return "the server is out of memory";
      case errc::protocol:
        return "an answer that is not understood";
    }
    return "unknown";
  }
};

}  // namespace

const std::error_category& category() noexcept {
  static const remote_category instance;
  return instance;
}

}  // namespace plait::remote
