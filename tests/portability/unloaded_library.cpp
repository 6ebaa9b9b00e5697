// SPDX-License-Identifier: MIT
// A library is closed before the threads that have counted in it end.
#include <cstdio>
#include <cstdlib>
#include <thread>

#include <dlfcn.h>

int main(int, char** arguments) {
  for (int i = 0; i != 4; ++i) {
    std::thread([&] {
      void* const library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
      if (library == nullptr) {
        std::fprintf(stderr, "%s\n", dlerror());
        std::_Exit(1);
      }
      const auto use = reinterpret_cast<long (*)()>(dlsym(library, "library_use_its_own"));
      use();
      dlclose(library);
    }).join();
  }
}
