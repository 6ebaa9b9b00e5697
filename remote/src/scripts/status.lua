-- SPDX-License-Identifier: MIT
-- status: what there is to say of any structure. It is no structure's own script, and only reads.
-- Answers {kind, sessions that live, 1 if it is closed, name of a figure, figure, ...}

local minute = 60 * 1000

local function run(of_keys, of_args)
  begin(of_keys, of_args)
  local leases, dead, line, counts, values = key('leases'), key('dead'), key('line'), key('counts'), key('values')
  local fields = redis.call('HMGET', hash, 'kind', 'state', 'value', 'total')
  local kind = fields[1]
  local live = redis.call('ZCOUNT', leases, now(), '+inf')
  local heard = redis.call('ZCOUNT', sessions, now() - minute, '+inf')

  if kind == 'queue' then
    -- As in queue.lua.
    local capacity, ready, returned, put, done, closed, by_priority = struct.unpack('<dddddBB', fields[2])
    return {by_priority == 1 and 'priority queue' or 'queue', live, closed, 'ready', ready, 'came back', returned,
      'in flight', put - done - ready - returned, 'dead letters', redis.call('LLEN', dead), 'capacity', capacity}
  end
  if kind == 'mutex or semaphore' then
    local kept = cmsgpack.unpack(fields[2])
    return {kept.permits == 1 and 'mutex' or 'semaphore', live, 0, 'permits', kept.permits, 'held', kept.held, 'waiting',
      redis.call('LLEN', line)}
  end
  if kind == 'counter' then return {kind, heard, 0, 'value', fields[3] or '0'} end
  if kind == 'keyed counter' then return {kind, heard, 0, 'keys', redis.call('HLEN', counts), 'total', fields[4] or '0'} end
  if kind == 'map' then return {kind, heard, 0, 'entries', redis.call('HLEN', values)} end
  return {kind or 'unknown', heard, 0}
end
