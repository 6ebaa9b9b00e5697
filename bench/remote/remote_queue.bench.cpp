// SPDX-License-Identifier: MIT
// remote::queue beside what its server does at the same depth with its own commands: RPUSH and LPOP, and a
// stream with a consumer group. A server is started for this program alone.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <plait/remote/connection.hpp>
#include <plait/remote/queue.hpp>

#include "remote/the_server.hpp"
#include "support/latencies.hpp"
#include "support/raw_client.hpp"
#include "support/suite.hpp"

namespace {

using namespace std::chrono_literals;
using bench::measurement;
using support::raw_client;
using queue = plait::remote::queue<std::string>;

constexpr std::size_t item_size = 64;

// Numbers of items, so that a result can be checked: each is as long as the others.
std::string item(std::uint64_t number) {
  std::string text = std::to_string(number);
  return text.insert(0, item_size - text.size(), '.');
}

std::vector<std::string> batch(std::uint64_t from, std::size_t count) {
  std::vector<std::string> items;
  for (std::size_t i = 0; i < count; ++i) items.push_back(item(from + i));
  return items;
}

void expect(const std::string& got, std::uint64_t number) {
  if (got != item(number)) throw bench::wrong_result("got '" + got + "' in place of " + std::to_string(number));
}

// Runs `round`, which passes `count` items on from the number it is given, as long as there is time.
template <class Round>
measurement rounds(std::size_t count, std::chrono::nanoseconds time, Round round) {
  raw_client control(the_server().socket());
  bench::stop_flag stop;
  std::uint64_t next = 0;
  const double before = control.server_seconds();
  measurement measured = bench::run_together({[&] {
                                               for (; !stop(); next += count) round(next);
                                             }},
                                             time, stop);
  measured.items = static_cast<double>(next);
  measured.extra = {
      {"server_us", (control.server_seconds() - before) * 1e6 / measured.items, bench::spread::typical}};
  return measured;
}

// push_n, pop_n and task_done of each; what is done is told with the next call.
measurement in_batches(std::size_t count, std::chrono::nanoseconds time) {
  const plait::remote::connection server(the_server().url());
  queue items(server, "batches");
  items.expire_after(60s);
  std::vector<std::string> got;
  return rounds(count, time, [&](std::uint64_t next) {
    const std::vector<std::string> pushed = batch(next, count);
    if (items.push_n(pushed.begin(), count) != count) throw bench::wrong_result("a push was refused");
    got.clear();
    if (items.pop_n(std::back_inserter(got), count) != count) throw bench::wrong_result("items are missing");
    for (std::size_t i = 0; i < count; ++i) {
      expect(got[i], next + i);
      items.task_done();
    }
  });
}

// As many callers, each of whom passes one item on at a time.
measurement with_callers(std::size_t count, std::chrono::nanoseconds time) {
  const plait::remote::connection server(the_server().url());
  queue items(server, "callers");
  items.expire_after(60s);
  raw_client control(the_server().socket());
  bench::stop_flag stop;
  std::atomic<std::uint64_t> pushed{0}, popped{0}, sum_in{0}, sum_out{0};
  std::vector<bench::job> jobs(count, [&] {
    while (!stop()) {
      const std::uint64_t number = pushed++;
      sum_in += number;
      items.push(item(number));
      const std::optional<std::string> got = items.pop();
      if (!got) throw bench::wrong_result("items are missing");
      sum_out += std::stoull(got->substr(got->find_first_not_of('.')));
      items.task_done();
      ++popped;
    }
  });
  const double before = control.server_seconds();
  measurement measured = bench::run_together(jobs, time, stop);
  if (pushed != popped || sum_in != sum_out) throw bench::wrong_result("items were lost or doubled");
  measured.items = static_cast<double>(popped);
  measured.extra = {
      {"server_us", (control.server_seconds() - before) * 1e6 / measured.items, bench::spread::typical}};
  return measured;
}

measurement raw(std::size_t count, std::chrono::nanoseconds time) {
  raw_client client(the_server().socket());
  client.call({"DEL", "raw"});
  return rounds(count, time, [&](std::uint64_t next) {
    for (const std::string& one : batch(next, count)) client.append({"RPUSH", "raw", one});
    for (std::size_t i = 0; i < count; ++i) (void)client.receive();
    for (std::size_t i = 0; i < count; ++i) client.append({"LPOP", "raw"});
    for (std::size_t i = 0; i < count; ++i) expect(client.receive(), next + i);
  });
}

// Entries are deleted when they are acknowledged, or the stream would grow.
measurement stream(std::size_t count, std::chrono::nanoseconds time) {
  raw_client client(the_server().socket());
  client.call({"DEL", "stream"});
  client.call({"XGROUP", "CREATE", "stream", "group", "$", "MKSTREAM"});
  return rounds(count, time, [&](std::uint64_t next) {
    for (const std::string& one : batch(next, count)) client.append({"XADD", "stream", "*", "v", one});
    for (std::size_t i = 0; i < count; ++i) (void)client.receive();
    client.append(
        {"XREADGROUP", "GROUP", "group", "me", "COUNT", std::to_string(count), "STREAMS", "stream", ">"});
    const std::vector<std::pair<std::string, std::string>> entries = client.receive_entries();
    if (entries.size() != count) throw bench::wrong_result("items are missing");
    std::vector<std::string> acknowledge{"XACK", "stream", "group"}, erase{"XDEL", "stream"};
    for (std::size_t i = 0; i < count; ++i) {
      expect(entries[i].second, next + i);
      acknowledge.push_back(entries[i].first);
      erase.push_back(entries[i].first);
    }
    client.append(acknowledge);
    client.append(erase);
    (void)client.receive();
    (void)client.receive();
  });
}

measurement of_latencies(std::vector<std::chrono::nanoseconds> samples) {
  if (samples.empty()) throw bench::wrong_result("nothing was measured");
  const auto microseconds = [](std::chrono::nanoseconds time) {
    return static_cast<double>(time.count()) * 1e-3;
  };
  measurement measured;
  measured.items = static_cast<double>(samples.size());
  const bench::latencies all(std::move(samples));
  measured.extra = {{"p50_us", microseconds(all.percentile(50)), bench::spread::typical},
                    {"p99_us", microseconds(all.percentile(99)), bench::spread::typical}};
  return measured;
}

// From the push until a consumer that waits at another connection has the item. It waits for 0.5 ms before
// each.
measurement wake_up(std::chrono::nanoseconds time) {
  using clock = std::chrono::steady_clock;
  const plait::remote::connection here(the_server().url()), there(the_server().url());
  static int runs = 0;
  const std::string name = "wake" + std::to_string(++runs);  // each run closes its own
  queue in(here, name), out(there, name);
  in.expire_after(60s);
  std::vector<std::chrono::nanoseconds> took;
  std::atomic<clock::rep> pushed_at{0};
  std::atomic<std::uint64_t> received{0};
  std::jthread consumer([&] {
    while (out.pop()) {
      const clock::time_point pushed{clock::duration(pushed_at)};
      took.push_back(clock::now() - pushed);
      out.task_done();
      ++received;
    }
  });
  const clock::time_point start = clock::now();
  for (std::uint64_t sent = 1; clock::now() < start + time; ++sent) {
    std::this_thread::sleep_for(500us);
    pushed_at = clock::now().time_since_epoch().count();
    if (!in.push(item(sent))) throw bench::wrong_result("a push was refused");
    while (received != sent) std::this_thread::sleep_for(100us);
  }
  const clock::time_point end = clock::now();
  in.close();
  consumer.join();
  measurement measured = of_latencies(std::move(took));
  measured.seconds = std::chrono::duration<double>(end - start).count();
  return measured;
}

// A round trip of the smallest command, after the same pause.
measurement ping(std::chrono::nanoseconds time) {
  using clock = std::chrono::steady_clock;
  raw_client client(the_server().socket());
  std::vector<std::chrono::nanoseconds> took;
  const clock::time_point start = clock::now();
  while (clock::now() < start + time) {
    std::this_thread::sleep_for(500us);
    const clock::time_point sent = clock::now();
    client.call({"PING"});
    took.push_back(clock::now() - sent);
  }
  measurement measured = of_latencies(std::move(took));
  measured.seconds = std::chrono::duration<double>(clock::now() - start).count();
  return measured;
}

const bench::registration workloads([] {
  const auto add = [](const char* workload, const std::string& shape, const char* implementation, int threads,
                      std::function<measurement(std::chrono::nanoseconds)> run, bench::headline judged_by) {
    bench::suite().push_back(
        {"remote_queue", workload, shape, implementation, threads, std::move(run), judged_by, why_no_server});
  };
  constexpr auto by_rate = bench::headline::items_per_second;
  for (const std::size_t depth : {1, 16, 128}) {
    const std::string shape = std::to_string(depth);
    const auto of = [depth](measurement (*run)(std::size_t, std::chrono::nanoseconds)) {
      return [=](std::chrono::nanoseconds time) { return run(depth, time); };
    };
    add("batches", shape, "plait", 1, of(in_batches), by_rate);
    add("batches", shape, "raw", 1, of(raw), by_rate);
    add("batches", shape, "stream", 1, of(stream), by_rate);
  }
  for (const std::size_t callers : {4, 16}) {
    const auto run = [callers](std::chrono::nanoseconds time) { return with_callers(callers, time); };
    add("callers", std::to_string(callers) + "T", "plait", static_cast<int>(callers), run, by_rate);
    const auto one = [callers](std::chrono::nanoseconds time) { return raw(callers, time); };
    add("callers", std::to_string(callers) + "T", "raw_pipeline", 1, one, by_rate);
  }
  add("wake_up", "1P1C", "plait", 2, wake_up, bench::headline::p99);
  add("wake_up", "1P1C", "ping", 1, ping, bench::headline::p99);
});

}  // namespace
