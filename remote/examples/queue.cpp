// SPDX-License-Identifier: MIT
// Jobs for workers on any number of machines: queue URL, with a server of yours.
#include <cstdio>
#include <string>
#include <string_view>

#include <plait/remote/connection.hpp>
#include <plait/remote/keyed_counter.hpp>
#include <plait/remote/queue.hpp>

namespace {

void give_out_jobs(std::string_view url) {
  const plait::remote::connection server(url);
  plait::remote::queue<std::string> jobs(server, "jobs", {.capacity = 1000});
  for (const char* job : {"wash", "dry", "wash"}) jobs.push(job);
  jobs.join();   // all of them are done
  jobs.close();  // the workers end
}

void do_jobs(std::string_view url) {
  // [worker]
  // any number of these, on any machine
  const plait::remote::connection server(url);  // redis://host:6379 or unix:///run/redis.sock
  plait::remote::queue<std::string> jobs(server, "jobs", {.capacity = 1000});
  plait::remote::keyed_counter<std::string> finished(server, "finished");
  while (auto job = jobs.pop_leased()) {  // if this process dies now, another one gets the job
    finished.add(**job);
    job->done();
  }
  // [worker]
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return std::fprintf(stderr, "usage: %s give|do URL\n", arguments[0]), 2;
  std::string_view(arguments[1]) == "give" ? give_out_jobs(arguments[2]) : do_jobs(arguments[2]);
}
