// SPDX-License-Identifier: MIT
// Runs a program and writes its peak memory in KiB to a file:
//
//   peak-memory FILE PROGRAM ARGUMENT...
//
// Linux counts the parent's memory at the time of the fork as the child's, so the parent has to be small, as
// this program is and a Python script is not. Of several processes (a pipeline) the largest counts.
#include <cstdio>

#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("peak-memory: FILE and PROGRAM are required\n", stderr);
    return 2;
  }
  pid_t child = 0;
  if (::posix_spawnp(&child, argv[2], nullptr, nullptr, argv + 2, environ) != 0) {
    std::fprintf(stderr, "peak-memory: cannot start %s\n", argv[2]);
    return 2;
  }
  int status = 0;
  rusage usage{};
  ::wait4(child, &status, 0, &usage);
  std::FILE* const file = std::fopen(argv[1], "w");
  if (file == nullptr || std::fprintf(file, "%ld\n", usage.ru_maxrss) < 0 || std::fclose(file) != 0) {
    std::fprintf(stderr, "peak-memory: cannot write %s\n", argv[1]);
    return 2;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
