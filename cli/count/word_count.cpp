// SPDX-License-Identifier: MIT
#include "count/word_count.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <future>
#include <new>
#include <optional>
#include <span>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "count/interruption.hpp"
#include "count/runs.hpp"
#include "count/utf8.hpp"
#include "count/words.hpp"

namespace plait::cli {
namespace {

constexpr std::string_view binary_message = "binary file, not counted (see --binary)";
constexpr std::string_view memory_message =
    "not enough memory for a word in it, or for all its words; the rest is not counted";

// Whether a file with this beginning is to be counted. Throws input_error if it is an error.
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
      : owner_(owner), splitter_(make_splitter()), buffer_(owner.options_.read_size) {}

  void run() {
    while (std::optional<task> next = owner_.tasks_.pop()) {
      if (interruption::requested()) continue;  // only drains the queue, so that no thread waits for room
      std::visit([this](auto& work) { perform(work); }, *next);
    }
  }

 private:
  void perform(block& work) try { take(work.text, work.at_start); } catch (const std::bad_alloc&) {
    give_up_on(*work.file);
  }

  void perform(segment& work) try {
    input_file& file = *work.file;
    if (!file.is_open()) file.open_regular();
    const auto read_at = [&](std::uint64_t offset, std::span<char> to) {
      stop_if_requested();
      const std::size_t count = file.read_at(offset, to);
      // A file in /sys is shorter than its size says from the start: that is not an error.
      if (count == 0 && offset < work.last && work.last != end_of_file && file.size() <= offset)
        owner_.complain(file, "became shorter while it was read");
      const bool at_start = offset < binary_check_size;
      return at_start && !is_wanted(to.first(count), owner_.options_.binary) ? 0 : count;
    };
    bool at_start = work.first == 0;
    read_runs(work.first, work.last, buffer_, read_at,
              [&](std::span<char> text) { take(text, std::exchange(at_start, false)); });
  } catch (const input_error& error) {
    owner_.complain(*work.file, error.what());
  } catch (const std::bad_alloc&) {
    give_up_on(*work.file);
  } catch (const interrupted&) {
    // What was counted stays; run() drains the rest.
  }

  void take(std::span<char> text, bool at_start) {
    const bool marked = at_start && std::string_view(text.data(), text.size()).starts_with(byte_order_mark);
    splitter_.split(text.subspan(marked ? byte_order_mark.size() : 0));
    owner_.bytes_done_.add(static_cast<std::int64_t>(text.size()));
  }

  // Frees the buffer that a long word has made large, so that the other files have memory again.
  void give_up_on(input_file& file) {
    buffer_ = std::vector<char>();
    splitter_ = make_splitter();
    buffer_.resize(owner_.options_.read_size);
    owner_.complain(file, memory_message);
  }

  word_splitter make_splitter() const {
    return word_splitter(
        owner_.options_.rules,
        [&words = owner_.words_](std::span<const std::string_view> batch) { words.update(batch); });
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
      tasks_.close_and_discard();  // so that no thread waits for room for ever
      throw;
    }
  };
  try {
    while (workers.size() != options_.threads) workers.push_back(std::async(std::launch::async, work));
  } catch (const std::system_error&) {
    // The system has no more threads. Fewer threads can do the work, but at least one is needed.
    if (workers.empty()) throw;
  }

  bool complete = false;
  try {
    complete = feed();
  } catch (...) {
    tasks_.close_and_discard();
    throw;
  }
  tasks_.close();
  for (std::future<void>& done : workers) done.get();
  return complete && !interruption::requested();
}

// Finds the work and puts it into the queue; false if Ctrl-C ended that early.
bool word_count::feed() try {
  for (const std::string& path : options_.paths) {
    if (path == "-") {
      add_stream(std::make_shared<input_file>(input_file::standard_input()));
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
    return add_stream(file);
  }
  bytes_found_.fetch_add(found.size, std::memory_order_relaxed);
  // A small file is opened by the worker that reads it, up to its real end: files in /proc report size 0 and
  // are not empty. A large file is opened once for all its segments.
  if (found.size <= options_.segment_size) {
    tasks_.push(segment{file, 0, end_of_file});
    return;
  }
  try {
    if (!open_wanted(*file, options_.binary)) return;
  } catch (const input_error& error) {
    return complain(*file, error.what());
  }
  for (std::uint64_t first = 0; first < found.size; first += options_.segment_size)
    tasks_.push(segment{file, first, std::min(found.size, first + options_.segment_size)});
}

// A pipe can be read by one thread only. It passes on the whole words of every read at once, so that a slow
// writer's words are counted while it waits for the next.
void word_count::add_stream(const std::shared_ptr<input_file>& stream) try {
  std::vector<char> buffer(options_.read_size);
  const auto read = [&](std::uint64_t offset, std::span<char> to) {
    const std::size_t count = stream->read(to);
    bytes_found_.fetch_add(count, std::memory_order_relaxed);
    const bool at_start = offset < binary_check_size;
    return at_start && !is_wanted(to.first(count), options_.binary) ? 0 : count;
  };
  bool at_start = true;
  read_runs(0, end_of_file, buffer, read, [&](std::span<char> text) {
    tasks_.push(block{stream, {text.begin(), text.end()}, std::exchange(at_start, false)});
  });
} catch (const input_error& error) {
  complain(*stream, error.what());
} catch (const std::bad_alloc&) {
  complain(*stream, memory_message);
}

void word_count::complain(input_file& file, std::string_view reason) {
  if (file.first_complaint()) messages_.error(fmt::format("{}: {}", file.path(), reason));
}

}  // namespace plait::cli
