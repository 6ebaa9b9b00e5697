// SPDX-License-Identifier: MIT
// The work of `plait count`: files are split into segments, segments go through a queue to the workers, and the
// workers cut them into words and add these to one shared table.
//
//   this thread                        bounded_queue<task>             workers
//   walks through the folders    --    segment of a file        -->    read it themselves, split, count
//   reads pipes                  --    block of whole words     -->    split, count
//
// Memory is bounded: the queue, one buffer for each worker and the table. A word longer than a buffer
// makes the buffers that hold it larger.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <plait/bounded_queue.hpp>
#include <plait/counter.hpp>
#include <plait/keyed_counter.hpp>

#include "count/find_files.hpp"
#include "count/input.hpp"
#include "count/messages.hpp"
#include "count/options.hpp"

namespace plait::cli {

class word_count {
 public:
  // Both outlive it.
  word_count(const count_options& options, messages& out)
      : options_(options), messages_(out), words_(counter_for(options)) {}

  // Counts everything; false if Ctrl-C ended it early. Files that cannot be read, or held in memory, are
  // reported to the messages; errors after which it cannot continue (no threads) are thrown.
  bool run();

  const plait::keyed_counter<std::string>& words() const noexcept { return words_; }

  // May be called while run() is running.
  std::uint64_t bytes_done() const noexcept { return static_cast<std::uint64_t>(bytes_done_.load()); }
  std::uint64_t bytes_found() const noexcept { return bytes_found_.load(std::memory_order_relaxed); }
  bool all_found() const noexcept { return all_found_.load(std::memory_order_relaxed); }

 private:
  struct segment {
    std::shared_ptr<input_file> file;
    std::uint64_t first;
    std::uint64_t last;  // end_of_file if there is no other segment
  };
  struct block {  // of a file that cannot be read from several places
    std::shared_ptr<input_file> file;
    std::vector<char> text;  // ends at a boundary
    bool at_start;           // of the file
  };
  using task = std::variant<segment, block>;

  class worker;

  static plait::keyed_counter<std::string> counter_for(const count_options& options) {
    if (options.max_keys == every_word) return plait::keyed_counter<std::string>();
    return plait::keyed_counter<std::string>({.max_keys = options.max_keys});
  }

  bool feed();
  void add_file(const found_file& found);
  void add_stream(const std::shared_ptr<input_file>& stream);
  void complain(input_file& file, std::string_view reason);

  static constexpr std::size_t queue_capacity = 64;

  const count_options& options_;
  messages& messages_;
  plait::bounded_queue<task> tasks_{queue_capacity};
  plait::keyed_counter<std::string> words_;
  plait::counter bytes_done_;
  // relaxed everywhere: figures for the progress bar, which publish nothing else.
  std::atomic<std::uint64_t> bytes_found_ = 0;
  std::atomic<bool> all_found_ = false;
};

}  // namespace plait::cli
