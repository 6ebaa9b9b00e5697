// SPDX-License-Identifier: MIT
#include "count/report.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <string_view>
#include <system_error>

#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "command_line/grouped.hpp"
#include "command_line/printable.hpp"
#include "count/options.hpp"
#include "count/progress.hpp"

namespace plait::cli {
namespace {

// Writes to a FILE in large pieces and notices when it is full.
class output {
 public:
  explicit output(std::FILE* to) : to_(to) {}

  template <class... Args>
  void print(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(pending_), format, std::forward<Args>(args)...);
    if (pending_.size() >= flush_size) flush();
  }

  void flush() {
    const bool written = std::fwrite(pending_.data(), 1, pending_.size(), to_) == pending_.size();
    if (!written || std::fflush(to_) != 0) throw std::system_error(errno, std::generic_category());
    pending_.clear();
  }

 private:
  static constexpr std::size_t flush_size = 64 * 1024;
  std::FILE* to_;
  fmt::memory_buffer pending_;
};

}  // namespace

void rank_words(count_report& report, const plait::keyed_counter<std::string>& words, std::size_t top) {
  // Strings compare by bytes, and UTF-8 orders bytes as it orders code points.
  const auto before = [](const word_frequency& left, const word_frequency& right) {
    return left.second != right.second ? left.second > right.second : left.first < right.first;
  };
  // The best so far as a heap with the worst of them on top, so that most words need one comparison.
  std::vector<word_frequency>& best = report.words;
  if (top == every_word) best.reserve(words.size());  // growing step by step would need twice the memory
  words.for_each([&](std::string_view word, std::int64_t count) {
    report.total += count;
    ++report.distinct;
    if (best.size() == top) {
      if (!before(word_frequency(word, count), best.front())) return;
      std::ranges::pop_heap(best, before);
      best.pop_back();
    }
    best.emplace_back(word, count);
    if (top != every_word) std::ranges::push_heap(best, before);
  });
  std::ranges::sort(best, before);
}

void write_table(const count_report& report, std::FILE* to) {
  if (report.words.empty()) return;
  // A word may contain escape sequences, which a terminal would obey. A file gets the word as it is.
  const bool terminal = ::isatty(::fileno(to)) != 0;
  const std::size_t width = fmt::formatted_size("{}", report.words.front().second);
  output out(to);
  for (const auto& [word, count] : report.words) {
    if (terminal)
      out.print("{:>{}} {}\n", count, width, printable(word));
    else
      out.print("{:>{}} {}\n", count, width, word);
  }
  out.flush();
}

void write_json(const count_report& report, std::FILE* to) {
  // Written word by word: the document as one object would take many times the memory of the table.
  output out(to);
  out.print(R"({{"schema_version":1,"total":{},"distinct":{},"bytes":{},"seconds":{:.6f},"words":[)",
            report.total, report.distinct, report.bytes, report.elapsed.count());
  for (bool first = true; const auto& [word, count] : report.words) {
    out.print(R"({}{{"word":{},"count":{}}})", first ? "\n" : ",\n", nlohmann::json(word).dump(), count);
    first = false;
  }
  out.print("{}]}}\n", report.words.empty() ? "" : "\n");
  out.flush();
}

std::string summary_line(const count_report& report, unsigned threads) {
  const double seconds = report.elapsed.count();
  const auto bytes = static_cast<double>(report.bytes);
  return fmt::format("{} word{}, {} distinct, {} in {:.2f} s ({}/s), {} thread{}",
                     grouped(static_cast<std::uint64_t>(report.total)), report.total == 1 ? "" : "s",
                     grouped(report.distinct), readable_bytes(bytes), seconds,
                     readable_bytes(seconds > 0 ? bytes / seconds : 0), threads, threads == 1 ? "" : "s");
}

}  // namespace plait::cli
