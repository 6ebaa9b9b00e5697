// SPDX-License-Identifier: MIT
// Two worker processes take jobs from a queue at a server. One is killed in the middle of a job, and nothing is
// lost: remote URL.
#include <chrono>
#include <iostream>
#include <map>
#include <string>
#include <thread>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <plait/remote/connection.hpp>
#include <plait/remote/keyed_counter.hpp>
#include <plait/remote/map.hpp>
#include <plait/remote/queue.hpp>

namespace {

using namespace std::chrono_literals;

constexpr int jobs_in_all = 10;

// The server takes a process that it has not heard of for a second for dead, and gives its jobs to others.
constexpr plait::remote::connection_options options{.lease = 1s};

void take_a_job_and_hang(const std::string& url) {
  const plait::remote::connection server(url, options);
  plait::remote::queue<int> jobs(server, "jobs");
  const auto job = jobs.pop_leased();  // waits for one
  plait::remote::map<std::string, int>(server, "news").put("hangs", **job);
  while (true) ::pause();
}

void do_jobs(const std::string& url) {
  const plait::remote::connection server(url, options);
  plait::remote::queue<int> jobs(server, "jobs");
  plait::remote::keyed_counter<int> done(server, "done"), came_again(server, "came again");
  plait::remote::map<std::string, int> news(server, "news");
  while (!news.contains("hangs")) std::this_thread::sleep_for(1ms);  // so that the other one gets the first
  while (auto job = jobs.pop_leased()) {  // ends once the queue is closed and drained
    if (job->deliveries() > 1) came_again.add(**job);
    done.add_once(std::to_string(**job), std::map{std::pair(**job, 1)});  // once, even if a job is done twice
    job->done();                                                          // it will not come again
  }
}

// No thread may run yet when a process forks, so this comes before connecting.
pid_t in_another_process(void (*work)(const std::string&), const std::string& url) {
  const pid_t process = ::fork();
  if (process != 0) return process;
  work(url);
  ::_exit(0);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return std::cerr << "usage: " << arguments[0] << " URL\n", 2;
  const std::string url = arguments[1];
  const pid_t hangs = in_another_process(take_a_job_and_hang, url);
  const pid_t works = in_another_process(do_jobs, url);

  const plait::remote::connection server(url, options);
  plait::remote::queue<int> jobs(server, "jobs");
  plait::remote::map<std::string, int> news(server, "news");
  for (int job = 1; job <= jobs_in_all; ++job) jobs.push(job);
  while (!news.contains("hangs")) std::this_thread::sleep_for(1ms);
  ::kill(hangs, SIGKILL);
  ::waitpid(hangs, nullptr, 0);
  std::cout << "a worker was killed in the middle of job " << news.get("hangs").value_or(0) << '\n';

  jobs.join();   // waits until all are done: the one of the dead worker too, by the other one
  jobs.close();  // so it ends
  ::waitpid(works, nullptr, 0);
  plait::remote::keyed_counter<int> done(server, "done"), came_again(server, "came again");
  std::cout << came_again.total() << " job came again, job " << came_again.most_common(1).at(0).first << '\n';
  std::cout << done.total() << " jobs are done, " << done.size() << " different ones\n";
  return done.total() == jobs_in_all && done.size() == jobs_in_all ? 0 : 1;
}
