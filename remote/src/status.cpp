// SPDX-License-Identifier: MIT
#include <algorithm>
#include <charconv>
#include <set>

#include <plait/remote/error.hpp>
#include <plait/remote/status.hpp>

#include "address.hpp"
#include "answer.hpp"
#include "link.hpp"
#include "primary.hpp"
#include "script.hpp"
#include "server_state.hpp"

namespace plait::remote {
namespace {

std::int64_t figure_of(const answer& result) {
  if (!result.is_text()) return result.number();
  std::int64_t value = 0;
  std::from_chars(result.text().data(), result.text().data() + result.text().size(), value);
  return value;
}

answer accepted(link& server, const std::vector<std::string>& command) {
  answer reply = server.call(command);
  if (reply.is_error()) {
    const errc code = reply.text().starts_with("NOAUTH") || reply.text().starts_with("NOPERM")
                          ? errc::not_permitted
                          : errc::protocol;
    throw error(code, "plait::remote: the server refuses " + command[0] + ": " + std::string(reply.text()));
  }
  return reply;
}

// Of all keys {name}:m. A key may come twice.
std::set<std::string> names_at(link& server) {
  std::set<std::string> names;
  std::string cursor = "0";
  do {
    const answer page = accepted(server, {"SCAN", cursor, "MATCH", "{*}:m", "COUNT", "1000", "TYPE", "hash"});
    cursor = page[0].text();
    for (std::size_t i = 0; i < page[1].size(); ++i) {
      const std::string_view key = page[1][i].text();
      const std::string_view name = key.substr(1, key.size() - std::string_view("{}:m").size());
      if (name.find_first_of("{}") == std::string_view::npos) names.emplace(name);
    }
  } while (cursor != "0");
  return names;
}

structure_status status_of(link& server, const std::string& name) {
  const answer result = accepted(server, {"EVAL", script_named("status").to_run(), "1", key_of(name, "m")});
  structure_status status{.name = name,
                          .kind = std::string(result[0].text()),
                          .sessions = static_cast<std::uint64_t>(result[1].number()),
                          .closed = result[2].number() != 0,
                          .figures = {}};
  for (std::size_t i = 3; i + 1 < result.size(); i += 2)
    status.figures.emplace_back(result[i].text(), figure_of(result[i + 1]));
  return status;
}

}  // namespace

std::vector<structure_status> status_of(std::string_view url, const connection_options& options) {
  address to = parse_url(url);
  try {
    to = primary_of(to, options);
    link server(to, options.connect_timeout, options.call_timeout);
    std::vector<structure_status> all;
    for (const std::string& name : names_at(server)) all.push_back(status_of(server, name));
    return all;
  } catch (const link_broken& cause) {
    const std::string where = !to.sentinels.empty() ? to.primary
                              : to.path.empty()     ? to.host + ':' + std::to_string(to.port)
                                                    : to.path;
    throw error(errc::cannot_connect, "plait::remote: no server answers at " + where + ": " + cause.what());
  }
}

}  // namespace plait::remote
