// SPDX-License-Identifier: MIT
#include <cstddef>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include <plait/hash_set.hpp>
#include <plait/unbounded_queue.hpp>

namespace {

void fetch(const char* address) {
  std::printf("fetch %s\n", address);
}

void first_come() {
  // [visited]
  plait::hash_set<std::string> visited;
  if (visited.insert("/index")) fetch("/index");  // by one thread, whoever comes first
  if (visited.contains("/about")) std::puts("known");
  // [visited]
}

// [crawl]
// Threads follow the links from page to page, and fetch each page once.
std::size_t crawl(const std::vector<std::vector<std::size_t>>& links) {
  plait::hash_set<std::size_t> seen;
  plait::unbounded_queue<std::size_t> pages;
  seen.insert(0);
  pages.push(0);
  std::vector<std::jthread> crawlers;
  for (int i = 0; i != 4; ++i)
    crawlers.emplace_back([&] {
      while (const auto page = pages.pop()) {
        for (const std::size_t next : links[*page])
          if (seen.insert(next)) pages.push(next);
        pages.task_done();
      }
    });
  pages.join();
  pages.close();
  return seen.size();
}
// [crawl]

}  // namespace

int main() {
  first_come();
  std::vector<std::vector<std::size_t>> links(1000);
  for (std::size_t page = 0; page != links.size(); ++page)
    links[page] = {(page + 1) % 1000, page * 7 % 1000, page * page % 1000};
  const std::size_t found = crawl(links);
  std::printf("%zu pages\n", found);
  return found == links.size() ? 0 : 1;
}
