// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include <plait/bounded_queue.hpp>
#include <plait/keyed_counter.hpp>

#include "count/input.hpp"
#include "count/progress.hpp"
#include "tour/chapters.hpp"
#include "tour/measure.hpp"

namespace plait::cli::tour {
namespace {

constexpr std::size_t enough = std::size_t{16} << 20;

struct library {
  std::vector<std::string> texts;
  std::size_t bytes = 0;
  std::vector<std::string> folders;
};

// Pages whose most common words would be markup.
bool is_markup(std::string_view path) {
  constexpr std::array endings{".md", ".html", ".htm", ".xml", ".svg", ".js", ".css"};
  return std::ranges::any_of(endings, [&](std::string_view ending) { return path.ends_with(ending); });
}

// Reads text files of this machine until there are enough. Files that cannot be read are skipped.
library read_library() {
  library found;
  for (const char* folder : {"/usr/share/common-licenses", "/usr/share/doc", "/usr/share/perl",
                             "/usr/share/perl5", "/usr/share/info", "/usr/include"}) {
    const std::size_t before = found.bytes;
    const auto read = [&](const found_file& each) {
      if (!each.regular || each.size == 0 || is_markup(each.path) || found.bytes + each.size > enough) return;
      try {
        input_file file(each.path);
        file.open_regular();
        std::string text(each.size, '\0');
        text.resize(file.read_at(0, text));
        if (looks_binary(std::span(text).first(std::min(text.size(), binary_check_size)))) return;
        found.bytes += text.size();
        found.texts.push_back(std::move(text));
      } catch (const input_error&) {
        return;  // the next one will do
      }
    };
    find_files(folder, read, [](const std::string&) {});
    if (found.bytes != before) found.folders.emplace_back(folder);
  }
  return found;
}

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  for (auto at = text.begin(); at != text.end();) {
    const auto first = std::find_if_not(at, text.end(), is_space);
    at = std::find_if(first, text.end(), is_space);
    if (first != at) words.emplace_back(first, at);
  }
  return words;
}

// Pieces of whole words, small enough that all workers finish at about the same time.
std::vector<std::string_view> blocks_of(const library& texts) {
  constexpr std::size_t block_size = std::size_t{64} << 10;
  std::vector<std::string_view> blocks;
  for (std::string_view rest : texts.texts) {
    while (!rest.empty()) {
      const auto tail = rest.substr(std::min(block_size, rest.size()));
      const auto end = std::ranges::find_if(tail, is_space);
      blocks.push_back(rest.substr(0, rest.size() - static_cast<std::size_t>(tail.end() - end)));
      rest.remove_prefix(blocks.back().size());
    }
  }
  return blocks;
}

using words_of = plait::keyed_counter<std::string>;

// The example's code, with any number of workers.
void count_in_parallel(const std::vector<std::string_view>& texts, unsigned workers, words_of& words) {
  plait::bounded_queue<std::string_view> blocks(64);
  const auto work = [&] {
    while (const std::optional<std::string_view> block = blocks.pop()) words.update(split(*block));
  };
  std::vector<std::jthread> running;
  for (unsigned i = 0; i != workers; ++i) running.emplace_back(work);
  for (const std::string_view text : texts) blocks.push(text);
  blocks.close();
}

// Shows the most frequent words by a counter that keeps few, beside their true counts. Returns how many of
// these are not within what it said.
std::size_t estimate_words(const std::vector<std::string_view>& texts, const words_of& exact, page& out) {
  constexpr std::size_t kept = 1000;
  words_of few({.max_keys = kept});
  for (const std::string_view text : texts) few.update(split(text));
  std::size_t wrong = 0;
  out.row("{:>10}  {:>10}  {:>10}  {}", "times", "estimate", "less up to", "word");
  for (const auto& [word, seen] : few.most_common_estimates(5)) {
    const std::int64_t times = exact.count(word);
    wrong += times > seen.count || times < seen.count - seen.error ? 1 : 0;
    out.row("{:>10}  {:>10}  {:>10}  {}", grouped(times), grouped(seen.count), grouped(seen.error), word);
  }
  return wrong;
}

struct hash : std::hash<std::string_view> {
  using is_transparent = void;
};
using word_map = std::unordered_map<std::string, std::int64_t, hash, std::equal_to<>>;

// The usual code for one thread.
void count_alone(const std::vector<std::string_view>& texts, word_map& words) {
  for (const std::string_view text : texts) {
    for (const std::string_view word : split(text)) {
      if (const auto found = words.find(word); found != words.end())
        ++found->second;
      else
        words.emplace(word, 1);
    }
  }
}

template <class Count>
double seconds_of(const Count& count) {
  const auto start = std::chrono::steady_clock::now();
  count();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

bool same_counts(const words_of& words, const word_map& expected) {
  const auto all = words.snapshot();
  return all.size() == expected.size() && std::ranges::all_of(all, [&](const auto& each) {
           const auto found = expected.find(each.first);
           return found != expected.end() && found->second == each.second;
         });
}

void compare_speeds(const std::vector<std::string_view>& blocks, std::size_t bytes, page& out) {
  const unsigned many = some_threads();
  const std::vector<double> time = medians_in_turn({
      [&] {
        word_map own;
        return seconds_of([&] { count_alone(blocks, own); });
      },
      [&] {
        words_of own;
        return seconds_of([&] { count_in_parallel(blocks, 1, own); });
      },
      [&] {
        words_of own;
        return seconds_of([&] { count_in_parallel(blocks, many, own); });
      },
  });
  const auto rate = [&](double seconds) { return static_cast<double>(bytes) / 1e6 / seconds; };
  out.say("Megabytes a second, from texts in memory (median of 5):");
  out.row("{:<46} {:>8.1f} MB/s", "1 thread, std::unordered_map", rate(time[0]));
  out.row("{:<46} {:>8.1f} MB/s", "1 worker, bounded_queue and keyed_counter", rate(time[1]));
  out.row("{:<46} {:>8.1f} MB/s", fmt::format("{} workers, bounded_queue and keyed_counter", many),
          rate(time[2]));
  out.gap();
  out.say("{} workers are {} one, and {} the plain loop. The program for daily use is ./plait count PATH.",
          many, compared(time[2], time[1]), compared(time[2], time[0]));
}

// The exact counter, beside a plain loop; then one that keeps few words.
void show_counts(const std::vector<std::string_view>& blocks, page& out) {
  words_of words;
  word_map expected;
  count_in_parallel(blocks, some_threads(), words);
  count_alone(blocks, expected);
  out.row("{:>10}  {}", "times", "word");
  for (const auto& [word, times] : words.most_common(10)) out.row("{:>10}  {}", grouped(times), word);
  out.gap();
  out.say("{} words, {} of them distinct. A plain loop over a std::unordered_map {}.", grouped(words.total()),
          grouped(static_cast<std::int64_t>(words.size())),
          same_counts(words, expected) ? "came to the very same counts"
                                       : "came to OTHER counts, so please report a bug");

  out.say(
      "A stream that never ends has more words than memory. With max_keys a counter keeps some of them; of "
      "each it says how often it came at most, and how much less it may have been. Here 1000 are kept:");
  out.code("keyed_counter", "bounded");
  const std::size_t wrong = estimate_words(blocks, words, out);
  out.gap();
  out.say("No word that is more than a thousandth of the text is missing, and {}.",
          wrong == 0 ? "the true counts are within what was said"
                     : "some true counts are NOT within what was said, so please report a bug");
}

}  // namespace

void count_words(page& out) {
  const library texts = read_library();
  const std::vector<std::string_view> blocks = blocks_of(texts);
  if (blocks.empty()) {
    out.say("This machine has no texts under /usr/share or /usr/include. Try ./plait count with one of yours.");
    return;
  }
  out.say(
      "Found {} of text, {} files under {}. Which words are the most common? Blocks go through a queue to the "
      "workers, and the workers count into one shared table:",
      readable_bytes(static_cast<double>(texts.bytes)), grouped(static_cast<std::int64_t>(texts.texts.size())),
      fmt::join(texts.folders, ", "));
  out.code("parallel_words", "parallel_words");

  show_counts(blocks, out);
  compare_speeds(blocks, texts.bytes, out);
}

}  // namespace plait::cli::tour
