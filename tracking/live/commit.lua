-- Writes the outcome of one request down, if what it was judged by is still what is known; all of it or nothing.
-- KEYS: the driver's track, audience and pace; the breadcrumbs
-- ARGV: the track and the revision of the audience that were judged by; the new track and its lifetime in seconds;
--       the breadcrumbs or nothing; the channel; a message for it or nothing; now; what the request and what its fixes
--       cost, each with the most that may be owed, the second of which is the larger (milliseconds)
-- Gives {'wait', how long} to who is too fast, {'stale', track, revision, audience} to who judged by something else,
-- and {'done'}.

local now, owed = tonumber(ARGV[8]), {}
for i, name in ipairs({'requests', 'fixes'}) do
  local cost, most = tonumber(ARGV[7 + 2 * i]), tonumber(ARGV[8 + 2 * i])
  owed[name] = math.max(tonumber(redis.call('HGET', KEYS[3], name) or 0), now) + cost
  if cost > 0 and owed[name] - now > most then
    return {'wait', owed[name] - now - most}
  end
end

local track = redis.call('GET', KEYS[1]) or ''
local revision = redis.call('HGET', KEYS[2], 'revision') or ''
if track ~= ARGV[1] or revision ~= ARGV[2] or revision == '' then
  return {'stale', track, revision, redis.call('HGET', KEYS[2], 'said') or ''}
end

redis.call('HSET', KEYS[3], 'requests', owed['requests'], 'fixes', owed['fixes'])
redis.call('PEXPIRE', KEYS[3], ARGV[12])
redis.call('SET', KEYS[1], ARGV[3], 'EX', ARGV[4])
if ARGV[5] ~= '' then
  redis.call('XADD', KEYS[4], '*', 'fixes', ARGV[5])
end
if ARGV[7] ~= '' then
  redis.call('PUBLISH', ARGV[6], ARGV[7])
end
return {'done'}
