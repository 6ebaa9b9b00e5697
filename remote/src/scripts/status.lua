-- SPDX-License-Identifier: MIT
-- status: what there is to say of any structure. It is no structure's own script, and only reads.
--
-- KEYS  3 leases, 4 dead, 5 line, 6 counts, 7 values
-- Answers {kind, sessions that live, 1 if it is closed, name of a figure, figure, ...}

local leases, dead, line, counts, values = KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]
local minute = 60 * 1000

local fields = redis.call('HMGET', hash, 'state', 'value', 'total')
local live = redis.call('ZCOUNT', leases, now(), '+inf')
local heard = redis.call('ZCOUNT', sessions, now() - minute, '+inf')

if fields[1] then
  local all = {cmsgpack.unpack(fields[1])}
  if type(all[1]) == 'table' then
    local kept = all[1]
    return {kept.permits == 1 and 'mutex' or 'semaphore', live, 0, 'permits', kept.permits, 'held', kept.held, 'waiting',
      redis.call('LLEN', line)}
  end
  local capacity, closed, ready, returned, put, done, by_priority = all[1], all[3], all[4], all[5], all[6], all[7], all[14]
  return {by_priority and 'priority queue' or 'queue', live, closed and 1 or 0, 'ready', ready, 'came back', returned,
    'in flight', put - done - ready - returned, 'dead letters', redis.call('LLEN', dead), 'capacity', capacity}
end
if fields[2] then return {'counter', heard, 0, 'value', fields[2]} end
if fields[3] then return {'keyed counter', heard, 0, 'keys', redis.call('HLEN', counts), 'total', fields[3]} end
local entries = redis.call('HLEN', values)
return {entries > 0 and 'map' or 'empty', heard, 0, 'entries', entries}
