// SPDX-License-Identifier: MIT
#include "address.hpp"

#include <charconv>
#include <optional>
#include <stdexcept>

namespace plait::remote {
namespace {

[[noreturn]] void refuse(const std::string& reason) {
  throw std::invalid_argument(
      "plait::remote: the URL " + reason +
      "; it should look like redis://user:password@host:6379/0, unix:///run/redis.sock or "
      "sentinel://host:26379,host:26379/name");
}

int number(std::string_view text, int least, int most, const char* what) {
  int value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || value < least || value > most)
    refuse("has the " + std::string(what) + " '" + std::string(text) + "', which is not a number from " +
           std::to_string(least) + " to " + std::to_string(most));
  return value;
}

std::string decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    unsigned byte = 0;
    const std::string_view digits = text.substr(i + 1, 2);
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (digits.size() != 2 || failure != std::errc() || end != digits.data() + 2)
      refuse("has a % that no two hexadecimal digits follow");
    result += static_cast<char>(byte);
    i += 2;
  }
  return result;
}

// Removes what precedes the last `mark` and returns it; nothing if there is none.
std::optional<std::string_view> cut_before(std::string_view& rest, char mark) {
  const std::size_t at = rest.rfind(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view before = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  return before;
}

void read_user(address& to, std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) refuse("names a user without a password");
  to.user = decoded(text.substr(0, colon));
  to.password = decoded(text.substr(colon + 1));
}

place read_place(std::string_view rest, int usual_port) {
  place to{.host = {}, .port = usual_port};
  std::size_t host_end = rest.rfind(':');
  if (rest.starts_with('[')) {
    const std::size_t bracket = rest.find(']');
    if (bracket == std::string_view::npos) refuse("has a [ without a ]");
    to.host = rest.substr(1, bracket - 1);
    if (bracket + 1 != rest.size() && rest[bracket + 1] != ':')
      refuse("has something after the ] that is no port");
    host_end = bracket + 1 == rest.size() ? std::string_view::npos : bracket + 1;
  } else {
    to.host = rest.substr(0, host_end);
  }
  if (host_end != std::string_view::npos) to.port = number(rest.substr(host_end + 1), 1, 65'535, "port");
  if (to.host.empty()) refuse("names no host");
  return to;
}

void read_host(address& to, std::string_view rest) {
  if (const std::size_t slash = rest.find('/'); slash != std::string_view::npos) {
    if (slash + 1 < rest.size()) to.database = number(rest.substr(slash + 1), 0, 1'000'000, "database");
    rest = rest.substr(0, slash);
  }
  const place there = read_place(rest, to.port);
  to.host = there.host;
  to.port = there.port;
}

// Removes ?db=NUMBER from the end.
void read_database(address& to, std::string_view& rest) {
  const std::size_t question = rest.find('?');
  if (question == std::string_view::npos) return;
  const std::string_view query = rest.substr(question + 1);
  if (!query.starts_with("db=")) refuse("has something after the ? that is not db=NUMBER");
  to.database = number(query.substr(3), 0, 1'000'000, "database");
  rest = rest.substr(0, question);
}

void read_sentinels(address& to, std::string_view rest) {
  read_database(to, rest);
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos || slash + 1 == rest.size())
    refuse("does not end with the name by which the sentinels know the server");
  to.primary = decoded(rest.substr(slash + 1));
  rest = rest.substr(0, slash);
  while (true) {
    const std::size_t comma = rest.find(',');
    to.sentinels.push_back(read_place(rest.substr(0, comma), 26'379));
    if (comma == std::string_view::npos) return;
    rest.remove_prefix(comma + 1);
  }
}

void read_path(address& to, std::string_view rest) {
  read_database(to, rest);
  to.path = decoded(rest);
  if (!to.path.starts_with('/')) refuse("names no absolute path of a socket");
}

}  // namespace

address parse_url(std::string_view url) {
  address result;
  const std::size_t mark = url.find("://");
  const std::string_view scheme = url.substr(0, mark == std::string_view::npos ? 0 : mark);
  if (scheme == "rediss")
    refuse("asks for TLS, which plait::remote does not speak yet: let stunnel or a private network do it");
  if (scheme != "redis" && scheme != "unix" && scheme != "sentinel")
    refuse("does not begin with redis://, unix:// or sentinel://");
  std::string_view rest = url.substr(mark + 3);
  if (const auto user = cut_before(rest, '@')) read_user(result, *user);
  if (scheme == "unix") {
    read_path(result, rest);
  } else if (scheme == "sentinel") {
    read_sentinels(result, rest);
  } else {
    read_host(result, rest);
  }
  return result;
}

}  // namespace plait::remote
