-- SPDX-License-Identifier: MIT
-- What every structure's script begins with. One call carries out the operations that several callers have asked
-- for, in order, once, however often it is sent:
--
--   KEYS  1 the structure's hash, 2 its sessions by the time of their last beat, further ones as it likes
--   ARGV  session, number of the call, lease in ms, and for each operation: name, number of arguments, arguments
--
-- The hash keeps for each session the number of its last call and the results: field s:SESSION. A call with that
-- number again gets those results; the next number is carried out; any other says that something is missing.
--
-- Answer: {'done', result, ...} or {'missing', number of the last call that is known, or -1 for none}.

local hash, sessions = KEYS[1], KEYS[2]
local session, number, lease = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local day = 24 * 60 * 60 * 1000

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Operations that all structures have.
local leaves = false
local operations = {}

-- Says that the session lives, and forgets those that have been silent for a day.
function operations.beat()
  local time = now()
  redis.call('ZADD', sessions, time, session)
  local silent = redis.call('ZRANGEBYSCORE', sessions, '-inf', time - day, 'LIMIT', 0, 100)
  for _, name in ipairs(silent) do
    redis.call('ZREM', sessions, name)
    redis.call('HDEL', hash, 's:' .. name)
  end
  return 1
end

-- The session's last call.
function operations.leave()
  redis.call('ZREM', sessions, session)
  leaves = true
  return 1
end

local function carry_out()
  local record = redis.call('HGET', hash, 's:' .. session)
  local last, results = 0, nil
  if record then last, results = cmsgpack.unpack(record) end
  if number ~= last + 1 then
    if number ~= last then return {'missing', record and last or -1} end
    table.insert(results, 1, 'done')
    return results
  end
  results = {}
  local at = 4
  while at <= #ARGV do
    local count = tonumber(ARGV[at + 1])
    results[#results + 1] = operations[ARGV[at]](unpack(ARGV, at + 2, at + 1 + count))
    at = at + 2 + count
  end
  if leaves then
    redis.call('HDEL', hash, 's:' .. session)
  else
    redis.call('HSET', hash, 's:' .. session, cmsgpack.pack(number, results))
  end
  table.insert(results, 1, 'done')
  return results
end
