-- SPDX-License-Identifier: MIT
-- permits: a number of permits, which sessions hold. One permit is a mutex.
--
-- keys  held: hash, from a permit's token to the session that holds it
--       line: list of sessions, an entry for each of their callers that waits, in the order in which they came
--       granted: hash, from a session to the tokens that it got in another's call and has not been told
--       leases: sorted set of sessions, by when their lease ends
--
-- A permit that becomes free is given to the first in the line in the same call, so nobody can come between. Its
-- session is told by a message, and calls to learn the token. One that does not listen keeps its place, and is passed
-- over. Every call renews the session's lease.

local held, line, granted, leases
local tries

function own.name_keys()
  held, line, granted, leases = key('held'), key('line'), key('granted'), key('leases')
end

function own.begin()
  tries = 0
end

-- Answers the number of permits, which is that of the first open().
function operations.open(count)
  state = state or {permits = tonumber(count), held = 0, token = 0, last_beat = now()}
  return state.permits
end

-- Answers how many of them were held.
function operations.release(...)
  local count = 0
  for _, token in ipairs({...}) do
    if redis.call('HGET', held, token) == session then count = count + redis.call('HDEL', held, token) end
  end
  state.held = state.held - count
  return count
end

function operations.line_up(count)
  for _ = 1, count do redis.call('RPUSH', line, session) end
  return 1
end

-- Takes so many of the session's last entries out of the line. Answers how many there were.
function operations.withdraw(count)
  return redis.call('LREM', line, -count, session)
end

-- At most so many more, if they are free after all who wait were served.
function operations.try(count)
  tries = tonumber(count)
  return 1
end

local function end_lease(name)
  redis.call('ZREM', leases, name)
  redis.call('LREM', line, 0, name)
  redis.call('HDEL', granted, name)
  local all = redis.call('HGETALL', held)
  for i = 1, #all, 2 do
    if all[i + 1] == name then state.held = state.held - redis.call('HDEL', held, all[i]) end
  end
end

local leave = operations.leave
function operations.leave()
  end_lease(session)
  return leave()
end

-- Answers 1 if the session had none, or it was ended. If nobody has been heard of for longer than a lease, the server,
-- or the way to it, stood still: then everybody gets a lease more.
local function renew_lease()
  local time, lease = now(), tonumber(lease)
  local is_new = redis.call('ZADD', leases, time + lease, session)
  if time - state.last_beat > lease then
    for _, name in ipairs(redis.call('ZRANGE', leases, 0, -1)) do
      redis.call('ZADD', leases, 'XX', 'GT', time + lease, name)
    end
  end
  state.last_beat = time
  for _, name in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', '(' .. time, 'LIMIT', 0, 100)) do
    end_lease(name)
  end
  return is_new
end

-- The server's time in microseconds, so that tokens grow even if the server has forgotten the last one.
local function grant(name)
  local time = redis.call('TIME')
  state.token = math.max(state.token + 1, time[1] * 1000000 + time[2])
  local token = string.format('%.0f', state.token)
  redis.call('HSET', held, token, name)
  state.held = state.held + 1
  return token
end

local function tell(name)
  local connection, endpoint = string.match(name, '^(.*)%.(.*)$')
  return redis.call('PUBLISH', 'plait:wake:' .. connection, endpoint) > 0
end

-- Gives what is free to those who wait, and answers the tokens of this session.
local function serve()
  local mine, away, at = {}, {}, 0
  local before = redis.call('HGET', granted, session)
  if before then
    for token in string.gmatch(before, '%d+') do mine[#mine + 1] = token end
    redis.call('HDEL', granted, session)
  end
  while state.held < state.permits do
    local name = redis.call('LINDEX', line, at)
    if not name then break end
    if name == session then
      mine[#mine + 1] = grant(name)
      redis.call('LREM', line, 1, name)
    elseif not away[name] and tell(name) then
      redis.call('HSET', granted, name, (redis.call('HGET', granted, name) or '') .. grant(name) .. ' ')
      redis.call('LREM', line, 1, name)
    else
      away[name] = true
      at = at + 1
    end
  end
  return mine
end

-- Answers {tokens for those who wait, tokens for those who tried, whether the lease is new, permits that are free}.
local function at_end()
  local is_new = 0
  if not leaves then is_new = renew_lease() end
  local mine, tried = serve(), {}
  while #tried < tries and state.held < state.permits do tried[#tried + 1] = grant(session) end
  return {mine, tried, is_new, state.permits - state.held}
end

local function run(of_keys, of_args)
  return carry_out('mutex or semaphore', of_keys, of_args, at_end)
end
