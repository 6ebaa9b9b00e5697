// SPDX-License-Identifier: MIT
#include "primary.hpp"

#include <string>
#include <vector>

#include "answer.hpp"

namespace plait::remote {

address primary_of(const address& to, const connection_options& options) {
  if (to.sentinels.empty()) return to;
  std::string why;
  for (const place& one : to.sentinels) try {
      address there;
      there.host = one.host;
      there.port = one.port;
      link sentinel(there, options.connect_timeout / to.sentinels.size(), options.call_timeout);
      const answer found =
          accepted("SENTINEL",
                   sentinel.call(std::vector<std::string>{"SENTINEL", "get-master-addr-by-name", to.primary}));
      if (found.is_nothing()) {
        why += "; the one at " + one.host + ':' + std::to_string(one.port) + " knows no " + to.primary;
        continue;
      }
      there = to;
      there.sentinels.clear();
      there.host = found[0].text();
      there.port = std::stoi(std::string(found[1].text()));
      return there;
    } catch (const link_broken& cause) {
      why += "; the one at " + one.host + ':' + std::to_string(one.port) + ": " + cause.what();
    }
  throw link_broken("no sentinel says where the primary is" + why);
}

void expect_primary(link& server) {
  const answer role = accepted("ROLE", server.call(std::vector<std::string>{"ROLE"}));
  if (role[0].text() != "master") throw link_broken("the server is no primary");
}

}  // namespace plait::remote
