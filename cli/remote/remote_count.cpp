// SPDX-License-Identifier: MIT
#include "remote/remote_count.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <map>
#include <random>
#include <span>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include <plait/remote/connection.hpp>
#include <plait/remote/keyed_counter.hpp>
#include <plait/remote/queue.hpp>

#include "command_line/command_line.hpp"
#include "count/find_files.hpp"
#include "count/input.hpp"
#include "count/interruption.hpp"
#include "count/runs.hpp"
#include "count/utf8.hpp"

namespace plait::cli {
namespace {

using namespace std::chrono_literals;
using block_queue = plait::remote::queue<std::string>;
using word_counter = plait::remote::keyed_counter<std::string>;

constexpr auto lease = 3s;
constexpr std::size_t block_size = std::size_t{32} * 1024;
constexpr std::size_t queue_capacity = 64;
constexpr auto kept_after_the_end = std::chrono::seconds(60);
constexpr const char* url_variable = "PLAIT_REMOTE_URL";  // not an argument: it may contain a password

plait::remote::queue_options queue_options() {
  return {.capacity = queue_capacity, .delivery_limit = 0};
}

std::string new_run_name() {
  std::random_device random;
  return fmt::format("plait-count-{:08x}{:08x}", random(), random());
}

// The worker processes of a run.
class worker_processes {
 public:
  worker_processes(const count_options& options, const std::string& run) {
    ::setenv(url_variable, options.remote_url.c_str(), 1);
    ::setenv(remote_run_variable, run.c_str(), 1);
    std::vector<std::string> words{
        "plait",        "count",
        "--min-length", std::to_string(options.rules.min_length),
        "--words",      options.rules.kind == word_kind::whitespace ? "whitespace" : "alphanumeric"};
    if (options.rules.keep_case) words.emplace_back("--keep-case");
    words.emplace_back("-");
    for (unsigned i = 0; i < options.workers; ++i) start(words);
  }
  ~worker_processes() {
    for (const pid_t process : running_) ::kill(process, SIGTERM);
    while (!running_.empty()) reap(0);
  }
  worker_processes(const worker_processes&) = delete;
  worker_processes& operator=(const worker_processes&) = delete;

  // How many run still.
  std::size_t running() {
    while (!running_.empty() && reap(WNOHANG)) {
    }
    return running_.size();
  }
  void wait() {
    while (!running_.empty()) reap(0);
  }

 private:
  void start(std::vector<std::string>& words) {
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    const pid_t process = ::fork();
    if (process == -1) throw std::system_error(errno, std::generic_category(), "fork");
    if (process == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGTERM);
      ::execv("/proc/self/exe", pointers.data());
      ::_exit(failed);
    }
    running_.push_back(process);
  }

  bool reap(int options) {
    const pid_t ended = ::waitpid(-1, nullptr, options);
    if (ended <= 0) return false;
    std::erase(running_, ended);
    return true;
  }

  std::vector<pid_t> running_;
};

// Reads all that is to be counted and puts it into the queue, a number before each block.
class feeder {
 public:
  feeder(const count_options& options, messages& out, block_queue& blocks, worker_processes& workers)
      : options_(options), messages_(out), blocks_(blocks), workers_(workers), buffer_(block_size) {}

  void run() {
    for (const std::string& path : options_.paths) {
      if (path == "-") {
        add(input_file::standard_input());
      } else {
        find_files(
            path, [this](const found_file& found) { add(input_file(found.path)); },
            [this](const std::string& message) { messages_.error(message); });
      }
    }
  }

  std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  void add(input_file file) try {
    if (!file.is_open()) file.open_any();
    bool at_start = true;
    const auto read = [&](std::uint64_t offset, std::span<char> to) {
      if (interruption::requested()) throw interrupted{};
      const std::size_t count = file.read(to);
      if (offset == 0 && options_.binary != binary_files::count && looks_binary(to.first(count))) {
        if (options_.binary == binary_files::skip) return std::size_t{0};
        throw input_error("binary file, not counted (see --binary)");
      }
      return count;
    };
    read_runs(0, end_of_file, buffer_, read, [&](std::span<char> text) {
      const bool marked = std::exchange(at_start, false) &&
                          std::string_view(text.data(), text.size()).starts_with(byte_order_mark);
      push(text.subspan(marked ? byte_order_mark.size() : 0));
      bytes_ += text.size();
    });
  } catch (const input_error& error) {
    messages_.error(fmt::format("{}: {}", file.path(), error.what()));
  }

  void push(std::span<char> text) {
    std::string block = fmt::format("{} ", number_++);
    block.append(text.data(), text.size());
    while (blocks_.try_push_for(block, 200ms) != conqueue_status::success) {
      if (interruption::requested()) throw interrupted{};
      if (workers_.running() == 0) throw std::runtime_error("all worker processes have ended");
    }
  }

  const count_options& options_;
  messages& messages_;
  block_queue& blocks_;
  worker_processes& workers_;
  std::vector<char> buffer_;
  std::uint64_t number_ = 0, bytes_ = 0;
};

bool wait_for_workers(block_queue& blocks, worker_processes& workers) {
  while (!blocks.try_join_for(200ms)) {
    if (interruption::requested()) return false;
    if (workers.running() == 0) throw std::runtime_error("all worker processes have ended");
  }
  return true;
}

}  // namespace

bool count_remotely(const count_options& options, messages& out, remote_counts& result) {
  const std::string run = new_run_name();
  const plait::remote::connection server(options.remote_url, {.lease = lease});
  block_queue blocks(server, run, queue_options());
  word_counter counts(server, run + "-words");
  worker_processes workers(options, run);
  feeder feed(options, out, blocks, workers);
  bool complete = false;
  try {
    feed.run();
    complete = wait_for_workers(blocks, workers);
  } catch (const interrupted&) {
    blocks.close_and_discard();
  }
  blocks.close();
  workers.wait();
  result.words = counts.most_common(options.top);
  result.report.total = counts.total();
  result.report.distinct = counts.size();
  result.report.bytes = feed.bytes();
  for (const auto& [word, count] : result.words) result.report.words.emplace_back(word, count);
  counts.clear();
  blocks.expire_after(kept_after_the_end);
  counts.expire_after(kept_after_the_end);
  return complete;
}

int run_remote_worker(const count_options& options) {
  ::signal(SIGINT, SIG_IGN);  // the one who started it closes the queue
  const char* url = std::getenv(url_variable);
  if (url == nullptr) throw std::runtime_error(fmt::format("{} is not set", url_variable));
  const plait::remote::connection server(url, {.lease = lease});
  block_queue blocks(server, options.remote_worker, queue_options());
  word_counter counts(server, options.remote_worker + "-words");
  // Ordered: the parts of a block are the same whoever counts it.
  std::map<std::string, std::int64_t, std::less<>> of_block;
  word_splitter splitter(options.rules, [&](std::span<const std::string_view> words) {
    for (const std::string_view word : words) {
      if (const auto found = of_block.find(word); found != of_block.end())
        ++found->second;
      else
        of_block.emplace(word, 1);
    }
  });
  while (auto block = blocks.pop_leased()) {
    const std::size_t space = (*block)->find(' ');
    const std::string number = (*block)->substr(0, space);
    of_block.clear();
    splitter.split(std::span(**block).subspan(space + 1));
    std::size_t part = 0;
    for (auto from = of_block.begin(); from != of_block.end();) {
      const auto room = static_cast<std::ptrdiff_t>(word_counter::most_keys_once);
      const auto to = std::distance(from, of_block.end()) > room ? std::next(from, room) : of_block.end();
      counts.add_once(fmt::format("{}.{}", number, part++), std::map(from, to));
      from = to;
    }
    block->done();
  }
  return fine;
}

}  // namespace plait::cli
