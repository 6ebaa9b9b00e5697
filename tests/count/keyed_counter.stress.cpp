// SPDX-License-Identifier: MIT
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include <plait/keyed_counter.hpp>

#include <verify/history/counter_monitor.hpp>
#include <verify/history/recorder.hpp>

#include "stress/check.hpp"
#include "stress/team.hpp"
#include "stress/workload.hpp"

namespace {

using history::counter_action;
using stress::member;
using stress::round;
using stress::tally;
using stress::workload;
using words = plait::keyed_counter<std::string>;

// Words by number: short and long ones.
constexpr std::size_t vocabulary_size = 256;
const std::vector<std::string>& vocabulary() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> made;
    for (std::size_t i = 0; i != vocabulary_size; ++i)
      made.push_back(i % 5 == 0 ? fmt::format("a rather long word, number {}", i) : std::to_string(i));
    return made;
  }();
  return all;
}

// Small numbers are more frequent.
std::size_t some_word(std::mt19937_64& random) {
  const auto bits = random() % 9;
  return random() % (std::size_t{1} << bits);
}

std::vector<std::string> some_words(std::mt19937_64& random, std::size_t size) {
  std::vector<std::string> text;
  for (std::size_t i = 0; i != size; ++i) text.push_back(vocabulary()[some_word(random)]);
  return text;
}

// An operation on one word, or on all together.
struct keyed_operation {
  std::size_t word;
  history::counter_operation made;
};
constexpr std::size_t all_words = vocabulary_size;
using keyed_recorder = history::recorder<keyed_operation>;
using keyed_log = keyed_recorder::log;

void update(member& who, words& counter, std::size_t size, keyed_log& log) {
  std::vector<std::size_t> numbers;
  std::vector<std::string_view> text;
  for (std::size_t i = 0; i != size; ++i) {
    numbers.push_back(some_word(who.random));
    text.push_back(vocabulary()[numbers.back()]);
  }
  who.does("update", [&] {
    const history::moment began = log.now();
    counter.update(text);
    const history::moment ended = log.end();
    for (const std::size_t word : numbers) log.add(began, ended, {word, {counter_action::added, 1}});
  });
}

void add(member& who, words& counter, keyed_log& log) {
  const std::size_t word = some_word(who.random);
  who.does("add", [&] {
    const history::moment began = log.now();
    counter.add(vocabulary()[word]);
    log.add(began, {word, {counter_action::added, 1}});
  });
}

void count(member& who, const words& counter, keyed_log& log) {
  const std::size_t word = some_word(who.random);
  who.does("count", [&] {
    const history::moment began = log.now();
    const std::int64_t result = counter.count(vocabulary()[word]);
    log.add(began, {word, {counter_action::read, 0, result}});
  });
}

void total(member& who, const words& counter, keyed_log& log) {
  who.does("total", [&] {
    const history::moment began = log.now();
    const std::int64_t result = counter.total();
    log.add(began, {all_words, {counter_action::read, 0, result}});
  });
}

// Records every word's count: a word that is missing has the count 0.
void snapshot(member& who, const words& counter, keyed_log& log) {
  who.does("snapshot", [&] {
    const history::moment began = log.now();
    const std::vector<words::value_type> all = counter.snapshot();
    const history::moment ended = log.end();
    std::map<std::string, std::int64_t> by_word(all.begin(), all.end());
    stress::require(by_word.size() == all.size(), "a word is there twice");
    for (std::size_t word = 0; word != vocabulary_size; ++word) {
      log.add(began, ended, {word, {counter_action::read, 0, by_word[vocabulary()[word]]}});
      by_word.erase(vocabulary()[word]);
    }
    stress::require(by_word.empty(), "a word is there that nobody added");
  });
}

// Judges each word as a counter of its own, and the total as one.
tally check_words(const keyed_recorder& told) {
  std::vector<std::vector<history::counter_call>> by_word(vocabulary_size + 1);
  for (const auto& [operation, begin, end, thread] : told.collect()) {
    by_word[operation.word].push_back({operation.made, begin, end, thread});
    if (operation.made.what == counter_action::added)
      by_word[all_words].push_back({operation.made, begin, end, thread});
  }
  tally done;
  for (std::size_t word = 0; word != by_word.size(); ++word) {
    try {
      done += stress::check(by_word[word], [](std::span<const history::counter_call> calls) {
        return history::find_counter_fault(calls);
      });
    } catch (const stress::failure& fault) {
      const std::string which = word == all_words ? "total" : "'" + vocabulary()[word] + "'";
      throw stress::failure(which + ": " + fault.what());
    }
  }
  return done;
}

// Some threads live long, others come and go; one reads all the time.
tally reads(const round& of) {
  constexpr int texts = 10;
  words counter;
  keyed_recorder told(of.threads);
  std::atomic<std::size_t> living = of.threads - 1;

  stress::team threads(of);
  threads.add("reader", [&](member& who) {
    keyed_log& log = told.thread(0);
    while (living != 0) {
      const auto which = who.random() % 16;
      which == 0  ? snapshot(who, counter, log)
      : which < 8 ? total(who, counter, log)
                  : count(who, counter, log);
    }
    snapshot(who, counter, log);  // sees every add
    total(who, counter, log);
  });
  for (std::size_t i = 1; i != of.threads; ++i)
    threads.add(fmt::format("parent {}", i), [&, i](member& who) {
      keyed_log& log = told.thread(i);
      for (int text = 0; text != texts; ++text) {
        update(who, counter, 1 + who.random() % 400, log);
        std::thread([&] {
          for (auto n = who.random() % 200; n != 0; --n) add(who, counter, log);
        }).join();
      }
      --living;
    });
  threads.run();
  return check_words(told);
}

// clear() and merge() while others add: what is there afterwards was added, and nothing is there twice.
tally clear_and_merge(const round& of) {
  constexpr std::int64_t times = 50;
  constexpr std::int64_t words_each = 200;
  const auto adders = static_cast<std::int64_t>(of.threads) - 1;
  words counter;
  words other;
  std::atomic<std::int64_t> adding = adders;

  stress::team threads(of);
  threads.add("cleaner", [&](member& who) {
    while (adding != 0) {
      who.does("clear", [&] { counter.clear(); });
      who.does("merge", [&] { other.merge(counter); });
      const std::int64_t total = who.does("total", [&] { return counter.total(); });
      stress::require(total <= adders * times * words_each, fmt::format("a total of {}", total));
    }
  });
  for (std::int64_t i = 0; i != adders; ++i)
    threads.add(fmt::format("adder {}", i), [&](member& who) {
      const std::vector<std::string> text = some_words(who.random, words_each);
      for (std::int64_t time = 0; time != times; ++time) who.does("update", [&] { counter.update(text); });
      --adding;
    });
  threads.run();
  counter.clear();
  stress::require(counter.empty(), "not empty after clear()");
  counter.add("still works");
  stress::require(counter.total() == 1, fmt::format("{} instead of 1", counter.total()));
  return {.operations = static_cast<std::uint64_t>(adders * times), .histories = 0};
}

// Counters that merge each other must not wait for each other.
tally merge_each_other(const round& of) {
  constexpr int times = 20;
  words left;
  words right;
  left.add("a");
  right.add("b");
  stress::team threads(of);
  threads.add("left", [&](member& who) {
    for (int time = 0; time != times; ++time) who.does("merge", [&] { left.merge(right); });
  });
  threads.add("right", [&](member& who) {
    for (int time = 0; time != times; ++time) who.does("merge", [&] { right.merge(left); });
  });
  threads.run();
  stress::require(left.size() == 2 && right.size() == 2,
                  fmt::format("{} and {} words instead of 2", left.size(), right.size()));
  return {.operations = 2 * times, .histories = 0};
}

// More keys than a thread's table holds, in another order for each thread, so that tables are poured while
// others pour, read and visit.
tally full_tables(const round& of) {
  constexpr std::size_t keys = 90'000;
  const std::size_t adders = of.threads - 1;
  plait::keyed_counter<std::size_t> counter;
  std::atomic<std::size_t> adding = adders;
  std::atomic<std::int64_t> added = 0;

  stress::team threads(of);
  threads.add("reader", [&](member& who) {
    while (adding != 0) {
      const std::int64_t before = added;
      const std::int64_t total = who.does("total", [&] { return counter.total(); });
      stress::require(total >= before, fmt::format("a total of {} after {} adds", total, before));
      if (who.random() % 4 != 0) continue;
      std::int64_t seen = 0;
      who.does("for_each", [&] { counter.for_each([&](std::size_t, std::int64_t n) { seen += n; }); });
      stress::require(seen >= total, fmt::format("{} counts after a total of {}", seen, total));
    }
  });
  for (std::size_t i = 0; i != adders; ++i)
    threads.add(fmt::format("adder {}", i), [&](member& who) {
      const std::size_t step = 2 * (who.random() % keys) + 7;  // usually it reaches most keys
      for (std::size_t done = 0; done != keys; ++done) {
        counter.add(done * step % keys);
        ++added;
      }
      --adding;
    });
  threads.run();
  std::int64_t seen = 0;
  counter.for_each([&](std::size_t, std::int64_t n) { seen += n; });
  const auto expected = static_cast<std::int64_t>(adders * keys);
  stress::require(seen == expected && counter.total() == expected,
                  fmt::format("{} and {} instead of {}", seen, counter.total(), expected));
  return {.operations = adders * keys, .histories = 0};
}

// A bound that is met all the time: tables are poured and keys leave while others add, read, merge and look.
tally bounded(const round& of) {
  constexpr std::size_t max_keys = 50;
  constexpr std::int64_t adds = 30'000;
  const auto adders = static_cast<std::int64_t>(of.threads) - 1;
  plait::keyed_counter<std::size_t> counter({.max_keys = max_keys});
  plait::keyed_counter<std::size_t> merged({.max_keys = max_keys});
  std::atomic<std::int64_t> adding = adders;
  std::atomic<std::int64_t> added = 0;
  std::atomic<std::int64_t> frequent = 0;  // adds of key 0 that have returned

  stress::team threads(of);
  threads.add("reader", [&](member& who) {
    while (adding != 0) {
      const std::int64_t before = added;
      const std::int64_t of_frequent = frequent;
      const plait::count_estimate seen = who.does("estimate", [&] { return counter.estimate(0U); });
      stress::require(seen.count >= of_frequent, fmt::format("{} after {} adds", seen.count, of_frequent));
      const auto all = who.does("most_common", [&] { return counter.most_common_estimates(max_keys + 1); });
      const std::int64_t total = who.does("total", [&] { return counter.total(); });
      stress::require(all.size() <= max_keys, fmt::format("{} keys", all.size()));
      stress::require(total >= before, fmt::format("a total of {} after {} adds", total, before));
      for (const auto& [key, of_key] : all)
        stress::require(of_key.error <= total / static_cast<std::int64_t>(max_keys),
                        fmt::format("an error of {} with a total of {}", of_key.error, total));
      if (who.random() % 8 == 0) who.does("merge", [&] { merged.merge(counter); });
    }
  });
  for (std::int64_t i = 0; i != adders; ++i)
    threads.add(fmt::format("adder {}", i), [&](member& who) {
      for (std::int64_t done = 0; done != adds; ++done) {
        const std::size_t key = who.random() % 8 == 0 ? 0 : who.random() % 20'000;
        counter.add(key);
        ++added;
        if (key == 0) ++frequent;
      }
      --adding;
    });
  threads.run();
  const plait::count_estimate seen = counter.estimate(0U);
  stress::require(counter.total() == adders * adds, fmt::format("a total of {}", counter.total()));
  stress::require(seen.count >= frequent && seen.count - seen.error <= frequent,
                  fmt::format("{} with an error of {} for {}", seen.count, seen.error, frequent.load()));
  stress::require(counter.most_common(1).front().first == 0, "the frequent key is not the first");
  return {.operations = static_cast<std::uint64_t>(adders * adds), .histories = 0};
}

const workload all[] = {{"keyed_counter/bounded", bounded},
                        {"keyed_counter/reads", reads},
                        {"keyed_counter/full_tables", full_tables},
                        {"keyed_counter/clear_and_merge", clear_and_merge},
                        {"keyed_counter/merge_each_other", merge_each_other}};

}  // namespace
