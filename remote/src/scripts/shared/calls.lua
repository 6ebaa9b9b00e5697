-- SPDX-License-Identifier: MIT
-- What every structure's script begins with. One call carries out the operations that several callers have asked
-- for, in order, once, however often it is sent:
--
--   KEYS  1 the structure's hash, 2 its sessions by the time of their last beat, further ones as it likes
--   ARGV  session, number of the call, lease in ms, and for each operation: name, number of arguments, arguments
--
-- The hash keeps for each session the number of its last call and the results: field s:SESSION. A call with that
-- number again gets those results; the next number is carried out; any other says that something is missing. Its
-- field `state` is the structure's own.
--
-- Answer: {'done', result, ...} or {'missing', number of the last call that is known, or -1 for none}.

local hash, sessions = KEYS[1], KEYS[2]
local session, number, lease = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local day = 24 * 60 * 60 * 1000

local state           -- a table that is kept from call to call; nil: there is none
local leaves = false  -- this is the session's last call
local results = {}    -- of the operations so far
local kept = {}       -- what the hash keeps in place of some of them, by their indices: see carry_out

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Operations that all structures have.
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
  return time
end

function operations.leave()
  redis.call('ZREM', sessions, session)
  leaves = true
  return 1
end

-- The structure is forgotten after so many seconds.
function operations.expire(seconds)
  for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, seconds) end
  return 1
end

-- Calls `at_end`, if given, after the operations; what it returns is the last result. `recall` turns what was put
-- into `kept` back into the result, if the call comes again.
local function carry_out(at_end, recall)
  local before = redis.call('HMGET', hash, 's:' .. session, 'state')
  local offset, last = 0, 0
  if before[1] then offset, last = cmsgpack.unpack_one(before[1]) end
  if number ~= last + 1 then
    if number ~= last then return {'missing', before[1] and last or -1} end
    local _, again = cmsgpack.unpack_one(before[1], offset)
    if recall then recall(again) end
    table.insert(again, 1, 'done')
    return again
  end
  state = before[2] and cmsgpack.unpack(before[2])
  local at = 4
  while at <= #ARGV do
    local count = tonumber(ARGV[at + 1])
    results[#results + 1] = operations[ARGV[at]](unpack(ARGV, at + 2, at + 1 + count))
    at = at + 2 + count
  end
  if at_end then results[#results + 1] = at_end() end
  local fields = {}
  if state then fields = {'state', cmsgpack.pack(state)} end
  if leaves then
    redis.call('HDEL', hash, 's:' .. session)
  else
    local record = {}
    for i, result in ipairs(results) do record[i] = kept[i] or result end
    fields[#fields + 1] = 's:' .. session
    fields[#fields + 1] = cmsgpack.pack(number, record)
  end
  if #fields > 0 then redis.call('HSET', hash, unpack(fields)) end
  table.insert(results, 1, 'done')
  return results
end
