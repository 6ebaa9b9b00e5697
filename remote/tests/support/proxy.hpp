// SPDX-License-Identifier: MIT
// A proxy between a client and a server on Unix sockets that cuts, delays and splits what passes.
//
// Bytes are counted over all connections together, from cut_after() on. The connection whose byte would be one
// too many is closed at both ends, and all others with it, as when a machine goes away.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <limits>
#include <list>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/process.hpp"

namespace support {

class proxy {
 public:
  enum class direction { to_server, to_client };

  explicit proxy(std::string server_socket)
      : server_(std::move(server_socket)), listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_un name = address(folder_ / "proxy.sock");
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
        ::listen(listener_, 16) != 0)
      throw std::runtime_error("proxy: bind or listen");
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
  ~proxy() {
    thread_.request_stop();
    thread_.join();
    cut_all();
    ::close(listener_);
  }

  std::string url() const { return "unix://" + (folder_ / "proxy.sock"); }

  // Lets `count` more bytes pass in this direction; after the cut everything passes again.
  void cut_after(direction where, long count) { left(where) = count; }
  bool has_cut(direction where) const { return left(where) == unlimited; }
  void cut_now() { cut_requested_ = true; }
  // Nothing passes, and connections are accepted and left alone, until the next call with false.
  void hold(bool on) { held_ = on; }
  // From now on connections go to this server.
  void redirect(const std::string& server_socket) {
    const std::lock_guard lock(mutex_);
    server_ = server_socket;
    cut_now();
  }
  // At most so many bytes at a time, each after a pause.
  void split(std::size_t size, std::chrono::microseconds pause = {}) {
    pause_ = pause;
    piece_ = size;
  }

 private:
  static constexpr long unlimited = std::numeric_limits<long>::max();

  struct pair {
    int client, server;
  };

  std::atomic<long>& left(direction where) { return where == direction::to_server ? to_server_ : to_client_; }
  const std::atomic<long>& left(direction where) const {
    return where == direction::to_server ? to_server_ : to_client_;
  }

  static sockaddr_un address(const std::string& path) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path, sizeof name.sun_path - 1);
    return name;
  }

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (cut_requested_.exchange(false)) cut_all();
      std::vector<pollfd> descriptors{{listener_, POLLIN, 0}};
      for (const pair& one : pairs_) {
        descriptors.push_back({one.client, POLLIN, 0});
        descriptors.push_back({one.server, POLLIN, 0});
      }
      if (held_) descriptors.resize(1);
      if (::poll(descriptors.data(), descriptors.size(), 1) <= 0) continue;
      bool alive = true;
      for (std::size_t i = 1; alive && i < descriptors.size(); i += 2) {
        const int client = descriptors[i].fd, server = descriptors[i + 1].fd;
        if (descriptors[i].revents != 0) alive = pass(client, server, to_server_);
        if (alive && descriptors[i + 1].revents != 0) alive = pass(server, client, to_client_);
      }
      if (!alive) cut_all();
      if (descriptors[0].revents != 0) accept_one();
    }
  }

  void accept_one() {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un name = address(target());
    if (::connect(server, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) {
      ::close(client);
      ::close(server);
      return;
    }
    pairs_.push_back({client, server});
  }

  std::string target() {
    const std::lock_guard lock(mutex_);
    return server_;
  }

  // False: the connection is over.
  bool pass(int from, int to, std::atomic<long>& limit) {
    std::array<char, 65536> buffer;
    const ssize_t count = ::recv(from, buffer.data(), std::min(buffer.size(), piece_.load()), 0);
    if (count <= 0) return false;
    if (piece_ != buffer.size()) std::this_thread::sleep_for(pause_.load());
    const long allowed = std::min<long>(count, limit);
    for (long sent = 0; sent < allowed;) {
      const ssize_t part =
          ::send(to, buffer.data() + sent, static_cast<std::size_t>(allowed - sent), MSG_NOSIGNAL);
      if (part <= 0) return false;
      sent += part;
    }
    if (limit == unlimited) return true;
    limit -= allowed;
    if (allowed == count) return true;
    limit = unlimited;
    return false;
  }

  void cut_all() {
    for (const pair& one : pairs_) {
      ::close(one.client);
      ::close(one.server);
    }
    pairs_.clear();
  }

  temporary_folder folder_;
  std::mutex mutex_;
  std::string server_;
  const int listener_;
  std::list<pair> pairs_;
  std::atomic<long> to_server_{unlimited}, to_client_{unlimited};
  std::atomic<bool> cut_requested_{false}, held_{false};
  std::atomic<std::size_t> piece_{65536};
  std::atomic<std::chrono::microseconds> pause_{};
  std::jthread thread_;
};

}  // namespace support
