// SPDX-License-Identifier: MIT
#include "command_line/command_line.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <iostream>
#include <iterator>
#include <memory>
#include <new>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "command_line/printable.hpp"

namespace plait::cli {
namespace {

// The options, without what the parser knows about their types.
class help_format : public CLI::Formatter {
 public:
  std::string make_option_opts(const CLI::Option* option) const override {
    return option->get_option_text().empty() ? "" : " " + option->get_option_text();
  }
  std::string make_positionals(const CLI::App*) const override { return {}; }
};

// A file opened later would get the number of a closed standard descriptor, and be read or written in its
// place. So these are opened with the wrong access, and using them gives an error, as with a closed one.
void occupy_standard_descriptors() {
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    // The lowest that is free is the one that open() takes.
    if (::fcntl(standard, F_GETFD) == -1 && errno == EBADF)
      ::open("/dev/null", standard == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

void flush_standard_output() {
  std::cout.flush();
  if (!std::cout || std::fflush(stdout) != 0)
    throw std::system_error(errno, std::generic_category(), "standard output");
}

int complain(const std::string& name, std::string_view what) {
  fmt::print(stderr, "{}: {}\n", name, printable(what));
  return failed;
}

// Prefixed to each operand for the parser, which does not interpret arguments that begin with it.
constexpr char shield = '=';

bool takes_operands(CLI::App& command) {
  return !command.get_options([](const CLI::Option* option) { return option->get_positional(); }).empty();
}

// The option whose value is the argument after this one, or null.
const CLI::Option* option_that_awaits_its_value(CLI::App& command, const std::string& argument) {
  const CLI::Option* const option = command.get_option_no_throw(argument);  // none if it holds its value: --a=b
  return option != nullptr && option->get_items_expected_min() > 0 ? option : nullptr;
}

[[noreturn]] void refuse_without_value(const std::string& argument, const CLI::Option& option) {
  throw CLI::ArgumentMismatch(fmt::format("{} needs a value: {}", argument, option.get_option_text()),
                              CLI::ExitCodes::ArgumentMismatch);
}

// Shields the operands of a command that takes some, and drops the `--` that ends the options. A prefix command
// has no options: every argument is for another program.
std::vector<std::string> shielded(CLI::App& command, std::span<const std::string> arguments) {
  const CLI::Option* awaiting = nullptr;
  bool options_may_follow = !command.get_prefix_command();
  std::vector<std::string> result;
  for (const std::string& argument : arguments) {
    if (awaiting != nullptr) {
      awaiting = nullptr;
      result.push_back(argument);
    } else if (options_may_follow && argument == "--") {
      options_may_follow = false;
    } else if (options_may_follow && argument.size() > 1 && argument.front() == '-') {
      // The parser would look for the value of --a= in the argument after it, which may be an operand.
      if (argument.ends_with('='))
        if (const auto* const empty =
                option_that_awaits_its_value(command, argument.substr(0, argument.size() - 1)))
          refuse_without_value(argument, *empty);
      awaiting = option_that_awaits_its_value(command, argument);
      result.push_back(argument);
    } else {
      result.push_back(takes_operands(command) ? shield + argument : argument);
    }
  }
  if (awaiting != nullptr) refuse_without_value(arguments.back(), *awaiting);
  return result;
}

}  // namespace

command_line::command_line(const std::string& name, const std::string& purpose, const std::string& footer_text)
    : CLI::App(purpose, name) {
  // Subcommands that are added later inherit these settings.
  formatter(std::make_shared<help_format>());
  get_formatter()->column_width(20);
  set_help_flag("-h,--help", "Print this help and exit");
  option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  footer(footer_text);
}

int command_line::run(int argc, char** argv, const std::function<int()>& work) {
  // `plait count ... | head` ends without a message, even if the parent ignores the signal.
  ::signal(SIGPIPE, SIG_DFL);
  occupy_standard_descriptors();
  std::string name = get_name();
  try {
    try {
      parse_arguments(std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
    } catch (const CLI::Success& help) {  // or the version
      exit(help);
      flush_standard_output();
      return fine;
    } catch (const CLI::ParseError& error) {
      if (asked_ != nullptr) name += " " + asked_->get_name();
      complain(name, error.what());
      fmt::print(stderr, "See {} --help.\n", name);
      return failed;
    }
    const int code = work();
    flush_standard_output();
    return code;
  } catch (const std::bad_alloc&) {
    return complain(name, "not enough memory");
  } catch (const std::exception& error) {
    return complain(name, error.what());
  }
}

void command_line::parse_arguments(std::span<const std::string> arguments) {
  std::vector<std::string> given;
  CLI::App* command = this;
  const std::vector<CLI::App*> subcommands = get_subcommands([](const CLI::App*) { return true; });
  if (!subcommands.empty() && !arguments.empty() && !arguments.front().starts_with('-')) {
    const auto is_named = [&](const CLI::App* each) { return each->check_name(arguments.front()); };
    const auto found = std::ranges::find_if(subcommands, is_named);
    if (found == subcommands.end())
      throw CLI::ExtrasError(fmt::format("there is no subcommand '{}'", arguments.front()),
                             CLI::ExitCodes::ExtrasError);
    command = asked_ = *found;
    given.push_back(arguments.front());
    arguments = arguments.subspan(1);
  }
  std::ranges::move(shielded(*command, arguments), std::back_inserter(given));
  std::ranges::reverse(given);  // as the parser takes them
  parse(std::move(given));
}

void add_operands(CLI::App& command, const std::string& name, std::vector<std::string>& values, bool required) {
  command.add_option(name, values)
      ->required(required)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->transform([](std::string operand) { return operand.substr(1); });  // removes the shield
}

CLI::Option* add_value(CLI::App& command, const std::string& name, const std::string& placeholder,
                       const std::string& purpose, std::function<std::string(const std::string& text)> parse) {
  const auto take = [name, parse = std::move(parse)](const CLI::results_t& given) {
    std::string text = given.front();
    for (const std::string& each : std::span(given).subspan(1)) text += "," + each;
    const std::string wrong = parse(text);
    if (!wrong.empty()) throw CLI::ValidationError(name, wrong);
    return true;
  };
  return command.add_option(name, take, purpose)->type_name(placeholder)->option_text(placeholder);
}

void add_list(CLI::App& command, const std::string& name, const std::string& purpose,
              std::function<std::string(const std::string& text)> parse) {
  add_value(command, name, "LIST", purpose, std::move(parse))
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void add_text(CLI::App& command, const std::string& name, const std::string& placeholder, std::string& value,
              const std::string& purpose) {
  add_value(command, name, placeholder, purpose, [&value](const std::string& text) {
    value = text;
    return std::string();
  });
}

void print_names(const std::vector<std::string>& names) {
  for (const std::string& name : names) std::cout << name << '\n';
  flush_standard_output();
}

std::string name_filter::set(const std::string& text) {
  try {
    expression_.assign(text);  // throws for a)(b, which the parentheses below would make valid
    expression_.assign("(?:^|/|(?=/))(?:" + text + ")");
  } catch (const std::regex_error& error) {
    return fmt::format("'{}' is not a regular expression: {}", text, error.what());
  }
  text_ = text;
  return {};
}

void name_filter::add_to(CLI::App& command, const std::string& what) {
  add_value(command, "--filter", "RE", fmt::format("Only {} whose name, or a part of it, begins with RE", what),
            [this](const std::string& text) { return set(text); });
}

}  // namespace plait::cli
