// SPDX-License-Identifier: MIT
// Which server is the primary at the moment, as sentinels know it.
#pragma once

#include <plait/remote/connection.hpp>

#include "address.hpp"
#include "link.hpp"

namespace plait::remote {

// The address itself if it names no sentinels. Else of the server that the first sentinel names that answers;
// throws link_broken if none does.
address primary_of(const address& to, const connection_options& options);

// Throws link_broken if it is none, because the sentinel had not heard yet.
void expect_primary(link& server);

}  // namespace plait::remote
