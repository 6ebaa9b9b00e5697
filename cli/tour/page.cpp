// SPDX-License-Identifier: MIT
#include "tour/page.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <vector>

#include <unistd.h>

#include "tour/examples.hpp"

namespace plait::cli::tour {
namespace {

constexpr std::string_view bold = "\x1b[1m", cyan = "\x1b[36m", plain = "\x1b[0m";

std::string_view environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    lines.push_back(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(text.size(), lines.back().size() + 1));
  }
  return lines;
}

std::size_t indentation(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

// The lines of the example between its two markers, without the indentation that they share.
std::vector<std::string_view> part_of_example(std::string_view name, std::string_view part) {
  const std::vector<std::string_view> lines = lines_of(example(name));
  const auto is_marker = [marker = fmt::format("// [{}]", part)](std::string_view line) {
    return line.substr(indentation(line)) == marker;
  };
  const auto first = std::ranges::find_if(lines, is_marker);
  const auto last = first == lines.end() ? first : std::find_if(first + 1, lines.end(), is_marker);
  if (last == lines.end()) throw std::logic_error(fmt::format("examples/{}.cpp has no part [{}]", name, part));
  std::vector<std::string_view> found(first + 1, last);
  const std::size_t shared = indentation(*first);
  for (std::string_view& line : found) line.remove_prefix(std::min(shared, line.size()));
  return found;
}

}  // namespace

page::page()
    : colours_(::isatty(STDOUT_FILENO) != 0 && environment("NO_COLOR").empty() &&
               environment("TERM") != "dumb") {}

void page::heading(std::string_view title) {
  const std::string line = fmt::format("-- {} {:-<{}}", title, "", width - 4 - title.size());
  write(colours_ ? fmt::format("\n{}{}{}\n\n", bold, line, plain) : fmt::format("\n{}\n\n", line));
}

void page::code(std::string_view name, std::string_view part) {
  std::string text;
  for (const std::string_view line : part_of_example(name, part)) text += fmt::format("    {}\n", line);
  write(colours_ ? fmt::format("{}{}{}\n", cyan, text, plain) : text + "\n");
}

void page::paragraph(std::string_view text) {
  std::string shown;
  std::size_t column = 0;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    const bool fits = column == 0 || column + 1 + word.size() <= width;
    if (column != 0) shown += fits ? ' ' : '\n';
    column = word.size() + (fits && column != 0 ? column + 1 : 0);
    shown += word;
  }
  write(shown + "\n\n");
}

void page::write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    throw std::system_error(errno, std::generic_category(), "standard output");
}

}  // namespace plait::cli::tour
