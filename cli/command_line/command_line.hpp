// SPDX-License-Identifier: MIT
// What the command lines of plait, plait-bench and plait-stress have in common: the form of their options and
// their help, error handling, and exit codes.
#pragma once

#include <charconv>
#include <functional>
#include <limits>
#include <regex>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace plait::cli {

// stopped_by_user: 128 + SIGINT, as in shells.
enum exit_code : int { fine = 0, nothing_found = 1, failed = 2, stopped_by_user = 130 };

// A program's command line. Its help is: the purpose, usage, subcommands, options, and the footer.
class command_line : public CLI::App {
 public:
  command_line(const std::string& name, const std::string& purpose, const std::string& footer);

  // Parses the arguments, does the work and returns its exit code. Help goes to standard output; errors in the
  // arguments, and exceptions of the work, go to standard error, and the exit code is `failed`.
  int run(int argc, char** argv, const std::function<int()>& work);

  // Throws CLI::ParseError.
  void parse_arguments(std::span<const std::string> arguments);

 private:
  CLI::App* asked_ = nullptr;  // the subcommand that the arguments name
};

// Arguments that are neither options nor their values. They are taken as they are: the parser would read a file
// name like [a] or ++ as something of its own.
void add_operands(CLI::App& command, const std::string& name, std::vector<std::string>& values, bool required);

// An option with a value; of several, the last counts. parse(text) stores the value, or returns an error
// message.
CLI::Option* add_value(CLI::App& command, const std::string& name, const std::string& placeholder,
                       const std::string& purpose, std::function<std::string(const std::string& text)> parse);

// One whose value is a list with commas; of several, all count.
void add_list(CLI::App& command, const std::string& name, const std::string& purpose,
              std::function<std::string(const std::string& text)> parse);

void add_text(CLI::App& command, const std::string& name, const std::string& placeholder, std::string& value,
              const std::string& purpose);

// If all of `text` is a number between `least` and `most`, which NaN is not, stores it; otherwise returns an
// error message.
template <class Number>
std::string parse_number(const std::string& text, Number least, Number most, Number& number) {
  Number parsed{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
  if (error != std::errc() || end != text.data() + text.size() || !(parsed >= least && parsed <= most))
    return fmt::format("'{}' is not a {}number from {} to {}", text,
                       std::numeric_limits<Number>::is_integer ? "whole " : "", least, most);
  number = parsed;
  return {};
}

template <class Number>
void add_number(CLI::App& command, const std::string& name, Number& number, Number least, Number most,
                const std::string& purpose) {
  add_value(command, name, "N", purpose,
            [=, &number](const std::string& text) { return parse_number(text, least, most, number); });
}

// An option whose value is one of a few words.
template <class Choice>
void add_choice(CLI::App& command, const std::string& name, const std::string& placeholder, Choice& choice,
                const std::vector<std::pair<std::string, Choice>>& choices, const std::string& purpose) {
  add_value(command, name, placeholder, purpose, [=, &choice](const std::string& text) {
    std::string words;
    for (const auto& [word, value] : choices) {
      if (word == text) {
        choice = value;
        return std::string();
      }
      words += (words.empty() ? "" : ", ") + word;
    }
    return fmt::format("'{}' is none of: {}", text, words);
  });
}

// Prints the names for --list, one a line. Throws std::system_error.
void print_names(const std::vector<std::string>& names);

// --filter RE, for names whose parts are separated by slashes. A match begins where a part of the name
// begins, so that bounded_queue does not select unbounded_queue; .*queue selects both.
class name_filter {
 public:
  // Nothing, or why `text` cannot be used.
  std::string set(const std::string& text);
  void add_to(CLI::App& command, const std::string& what);
  bool matches(const std::string& name) const { return std::regex_search(name, expression_); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::regex expression_{""};  // matches everything
};

}  // namespace plait::cli
