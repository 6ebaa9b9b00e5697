// SPDX-License-Identifier: MIT
#include "count/word_count.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <future>
#include <optional>
#include <span>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "count/interruption.hpp"
#include "count/runs.hpp"
#include "count/words.hpp"

namespace plait::cli {
namespace {

constexpr std::string_view binary_message =
    "binary file (a zero byte in its first 8 KiB), not counted; see --binary";

// What becomes of a file whose beginning this is. Throws input_error if the user is to be told.
bool is_wanted(std::span<const char> beginning, binary_files policy) {
  if (policy == binary_files::count || !looks_binary(beginning)) return true;
  if (policy == binary_files::error) throw input_error(std::string(binary_message));
  return false;
}

// Opens a regular file; false if it is not to be counted.
bool open_wanted(input_file& file, binary_files policy) {
  file.open_regular();
  std::array<char, binary_check_size> beginning;
  return is_wanted(std::span(beginning).first(file.read_at(0, beginning)), policy);
}

void stop_if_requested() {
  if (interruption::requested()) throw interrupted{};
}

}  // namespace

// One thread: its buffer, its splitter, and the table they fill.
class word_count::worker {
 public:
  explicit worker(word_count& owner)
      : owner_(owner),
        splitter_(owner.options_.rules,
                  [&owner](std::span<const std::string_view> words) { owner.words_.update(words); }),
        buffer_(owner.options_.read_size) {}

  void run() {
    while (std::optional<task> next = owner_.tasks_.pop()) {
      if (interruption::requested()) continue;  // only drains the queue, so that nobody waits for room
      std::visit([this](auto& work) { perform(work); }, *next);
    }
  }

 private:
  void perform(block& text) { take(text); }

  void perform(segment& work) try {
    input_file& file = *work.file;
    if (!file.is_open() && !open_wanted(file, owner_.options_.binary)) return;
    // Files under /proc say that they are empty and are not.
    const std::uint64_t last = work.last != 0 ? work.last : file.size() != 0 ? file.size() : end_of_file;
    const auto read_at = [&](std::uint64_t offset, std::span<char> to) {
      stop_if_requested();
      const std::size_t count = file.read_at(offset, to);
      if (count == 0 && offset < last && last != end_of_file)
        owner_.complain(file, "became shorter while it was read");
      return count;
    };
    read_runs(work.first, last, buffer_, read_at, [this](std::span<char> text) { take(text); });
  } catch (const input_error& error) {
    owner_.complain(*work.file, error.what());
  } catch (const interrupted&) {
    // What was counted stays; run() drains the rest.
  }

  void take(std::span<char> text) {
    splitter_.split(text);
    owner_.bytes_done_.add(static_cast<std::int64_t>(text.size()));
  }

  word_count& owner_;
  word_splitter splitter_;
  std::vector<char> buffer_;
};

bool word_count::run() {
  std::vector<std::future<void>> workers;
  const auto work = [this] {
    try {
      worker(*this).run();
    } catch (...) {
      tasks_.close_and_discard();  // nobody is to wait for room that will never be
      throw;
    }
  };
  try {
    while (workers.size() != options_.threads) workers.push_back(std::async(std::launch::async, work));
  } catch (const std::system_error&) {
    // The system has no more threads. Fewer do the same work, but none do nothing.
    if (workers.empty()) throw;
  }

  const bool complete = feed();
  tasks_.close();
  for (std::future<void>& done : workers) done.get();
  return complete && !interruption::requested();
}

// Finds the work and puts it into the queue; false if Ctrl-C ended that early.
bool word_count::feed() try {
  for (const std::string& path : options_.paths) {
    if (path == "-") {
      input_file stream = input_file::standard_input();
      add_stream(stream);
    } else {
      find_files(
          path, [this](const found_file& found) { add_file(found); },
          [this](const std::string& message) { messages_.error(message); });
    }
  }
  all_found_.store(true, std::memory_order_relaxed);
  return true;
} catch (const interrupted&) {
  return false;
}

void word_count::add_file(const found_file& found) {
  stop_if_requested();
  const auto file = std::make_shared<input_file>(found.path);
  if (!found.regular) {
    try {
      file->open_any();
    } catch (const input_error& error) {
      return complain(*file, error.what());
    }
    return add_stream(*file);
  }
  bytes_found_.fetch_add(found.size, std::memory_order_relaxed);
  // A small file is opened by the worker that reads it, a large one once for all its segments.
  if (found.size > options_.segment_size) {
    try {
      if (!open_wanted(*file, options_.binary)) return;
    } catch (const input_error& error) {
      return complain(*file, error.what());
    }
  }
  std::uint64_t first = 0;
  do {
    const std::uint64_t last = std::min(found.size, first + options_.segment_size);
    tasks_.push(segment{file, first, last});
    first = last;
  } while (first != found.size);
}

// A pipe can be read by one thread only: it hands on every read as soon as it ends in whole words, so
// that a slow writer's words are counted while the next are awaited.
void word_count::add_stream(input_file& stream) try {
  std::vector<char> buffer(options_.read_size);
  const auto read = [&](std::uint64_t offset, std::span<char> to) {
    const std::size_t count = stream.read(to);
    bytes_found_.fetch_add(count, std::memory_order_relaxed);
    const bool at_start = offset < binary_check_size;
    return at_start && !is_wanted(to.first(count), options_.binary) ? 0 : count;
  };
  read_runs(0, end_of_file, buffer, read,
            [this](std::span<char> text) { tasks_.push(block(text.begin(), text.end())); });
} catch (const input_error& error) {
  complain(stream, error.what());
}

void word_count::complain(input_file& file, std::string_view reason) {
  if (file.first_complaint()) messages_.error(fmt::format("{}: {}", file.path(), reason));
}

}  // namespace plait::cli
