// SPDX-License-Identifier: MIT
// notices: what the server says unasked: which endpoint should call, and which keys have changed.
//
// They come over a link of their own, which in RESP2 can listen and do nothing else, but for PING. The server
// tracks changes for the same link (CLIENT TRACKING, redirected to itself), by the beginnings of keys: so it
// says what has changed to all who listen, whoever has read it, and keeps nothing for each key.
//
// Who uses a copy has to know how old it can be: a PING is answered after everything that the server had to say
// before. So when the answer is there, every change has been heard that was made before the PING was sent.
#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <plait/remote/change_listener.hpp>
#include <plait/remote/connection.hpp>
#include <plait/remote/error.hpp>

#include "endpoint.hpp"
#include "link.hpp"

namespace plait::remote {

class notices {
 public:
  // Of endpoints whose names begin with `id`.
  notices(const connection_options& options, const std::string& id);
  ~notices();
  notices(const notices&) = delete;
  notices& operator=(const notices&) = delete;

  // Ready when it hears of all changes of keys with that beginning; or holds an error.
  std::future<void> add(const std::string& beginning, std::shared_ptr<change_listener> listener);
  void remove(const change_listener& listener);
  void fail(const error& reason);

  // A caller who waits may receive in the thread's place, unless the link tells of changed keys, too:
  // listeners are told by the thread alone. Null: not now.
  std::shared_ptr<link> lend();
  void give_back(const std::shared_ptr<link>& lent);  // throws std::system_error, and the thread hears nothing
  // What receive() returns, of a lent link.
  static std::vector<std::string> receive_from(link& lent);

  // The rest is for the connection's thread.
  void listen(link fresh);    // to this link in place of the last one; throws link_broken, error
  void lose();                // there is no link: what has changed is not heard
  bool wants_another_link();  // somebody has come who wants to hear of other keys
  // Returns which endpoints are woken, each with what it is told after a space; tells listeners what has
  // changed.
  std::vector<std::string> receive();
  // Asks, when it is time, whether all has been heard, and throws link_broken if there is no answer.
  void probe(clock::time_point now);
  clock::time_point due() const;

  int descriptor() const noexcept { return arrivals_; }

 private:
  struct interest {
    std::string beginning;
    std::shared_ptr<change_listener> listener;
  };

  struct subscription : interest {
    std::optional<std::promise<void>> heard;  // until it has
  };

  enum class receiver { nobody, thread, caller };

  std::vector<interest> interests();
  void watch();
  void ignore();
  void track(link& fresh, const std::set<std::string>& beginnings);
  void tell(const answer& keys);
  void note_all_heard();

  const connection_options& options_;
  const std::string channel_;

  std::mutex mutex_;  // never held while a listener is called
  std::vector<subscription> subscriptions_;
  std::atomic<bool> has_new_{false};  // the thread has not seen all of them

  // An epoll descriptor that watches the link, unless a caller does.
  const int arrivals_;
  // Changed by the thread, with mutex_ locked: lend() looks at them.
  std::shared_ptr<link> link_;
  std::set<std::string> tracked_;  // by the link
  receiver receiver_ = receiver::nobody;

  std::optional<clock::time_point> probed_;  // when the PING was sent that has not been answered
  clock::time_point next_probe_ = clock::time_point::max();
};

}  // namespace plait::remote
