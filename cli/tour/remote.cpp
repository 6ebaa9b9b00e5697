// SPDX-License-Identifier: MIT
#include "tour/chapters.hpp"

#if defined(PLAIT_HAS_REMOTE)
#include <array>
#include <chrono>
#include <iterator>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <plait/remote/connection.hpp>
#include <plait/remote/keyed_counter.hpp>
#include <plait/remote/queue.hpp>

#include "remote/local_server.hpp"
#endif

namespace plait::cli::tour {

#if defined(PLAIT_HAS_REMOTE)
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
using plait::remote::connection;
using job_queue = plait::remote::queue<int>;
using job_counter = plait::remote::keyed_counter<int>;

constexpr int jobs_in_all = 300;
constexpr std::size_t workers = 3;
constexpr auto time_for_a_job = 2ms;
constexpr plait::remote::connection_options options{.connect_timeout = 30s, .lease = 600ms};

void work(const std::string& url) {
  const connection server(url, options);
  job_queue jobs(server, "jobs");
  job_counter done(server, "done"), came_again(server, "came again");
  while (auto job = jobs.pop_leased()) {
    std::this_thread::sleep_for(time_for_a_job);
    if (job->deliveries() > 1) came_again.add(**job);
    done.add_once(std::to_string(**job), std::map{std::pair(**job, 1)});
    job->done();
  }
}

// Started before this process has threads.
class worker_process {
 public:
  explicit worker_process(const std::string& url) : process_(::fork()) {
    if (process_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    try {
      work(url);
    } catch (...) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  ~worker_process() {
    if (process_ > 0) kill();
  }
  worker_process(const worker_process&) = delete;
  worker_process& operator=(const worker_process&) = delete;

  void kill() {
    ::kill(process_, SIGKILL);
    wait();
  }
  void wait() { ::waitpid(std::exchange(process_, 0), nullptr, 0); }

 private:
  pid_t process_;
};

void show_costs(page& out, const connection& server) {
  constexpr int singles = 500, batches = 50;
  constexpr std::size_t size = 128;
  job_queue queue(server, "measured");
  const auto microseconds_since = [](clock::time_point start, double items) {
    return std::chrono::duration<double, std::micro>(clock::now() - start).count() / items;
  };
  auto start = clock::now();
  for (int i = 0; i < singles; ++i) {
    queue.push(i);
    (void)queue.pop();
    queue.task_done();
  }
  const double single = microseconds_since(start, singles);
  std::array<int, size> items{};
  std::iota(items.begin(), items.end(), 0);
  start = clock::now();
  for (int i = 0; i < batches; ++i) {
    queue.push_n(items.begin(), size);
    for (std::size_t got = 0; got < size;) {
      const std::size_t count = queue.pop_n(items.begin(), size - got);
      for (std::size_t n = 0; n < count; ++n) queue.task_done();
      got += count;
    }
  }
  const double batched = microseconds_since(start, batches * static_cast<double>(size));
  out.row("push, pop and task_done, one by one   {:6.1f} us an item", single);
  out.row("push_n and pop_n of {}               {:6.1f} us an item", size, batched);
  out.gap();
}

}  // namespace

void remote(page& out) {
  const std::unique_ptr<local_server> server = local_server::start();
  if (server == nullptr)
    return out.say(
        "This chapter starts a server, and none is installed: apt-get install redis-server, or valkey-server.");
  std::array<std::unique_ptr<worker_process>, workers> processes;
  for (auto& one : processes) one = std::make_unique<worker_process>(server->url());

  out.say("plait::remote keeps a queue at a server, for any number of processes and machines. A worker is:");
  out.code("remote_queue", "worker");
  const connection here(server->url(), options);
  job_queue jobs(here, "jobs");
  job_counter done(here, "done"), came_again(here, "came again");
  std::vector<int> numbers(jobs_in_all);
  std::iota(numbers.begin(), numbers.end(), 1);
  jobs.push_n(numbers.begin(), numbers.size());
  while (done.total() < jobs_in_all / 5) std::this_thread::sleep_for(1ms);
  processes[0]->kill();
  const auto killed = clock::now();
  const auto done_by_then = done.total();
  jobs.join();
  const std::chrono::duration<double> rest = clock::now() - killed;
  jobs.close();
  for (std::size_t i = 1; i < workers; ++i) processes[i]->wait();

  out.say("Live: a server of its own, {} jobs of {} ms, {} worker processes, one of them killed with SIGKILL.",
          jobs_in_all, time_for_a_job.count(), workers);
  out.row("done when it was killed    {:>4}", done_by_then);
  out.row("came again to another one  {:>4}", came_again.total());
  out.row("done in the end            {:>4}, {} different ones", done.total(), done.size());
  out.gap();
  if (done.total() != jobs_in_all || done.size() != jobs_in_all)
    return out.say("Of {} jobs, which is WRONG: please report a bug", jobs_in_all);
  out.say(
      "Nothing is lost: what a worker has is leased to it, and comes again when the server has not heard of "
      "its process for {} ms; the rest took {:.1f} s. Nothing is counted twice: add_once() counts a job once, "
      "whoever finishes it. On this machine, through one connection:",
      options.lease.count(), rest.count());
  show_costs(out, here);
  out.say("docs/structures/remote.md says what each operation promises, and what happens if something fails.");
}
#else
void remote(page& out) {
  out.say("This chapter needs hiredis, without which plait was built: apt-get install libhiredis-dev.");
}
#endif

}  // namespace plait::cli::tour
