-- Learns from how a call ended.
-- KEYS: the provider's breaker, the sender's pace
-- ARGV: 'answer', 'failure' or 'busy'; the segments a second the sender may have (zero: no limit), by which part of
--       them the rate grows in a second, how long (ms) all this is remembered; then
--       of a failure: after how many in a row the provider is shut, and for how long (ms)
--       of a busy provider: for how long (ms) it wants to be left alone, by what to multiply the rate, by what where
--       the last time was no longer ago than so many ms
-- Gives 'opened' or 'closed' where the breaker just did so, else nothing.

local clock = redis.call('TIME')
local now = clock[1] * 1000 + clock[2] / 1000
local heard, base, growth, lasts = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]

if heard == 'answer' then
  local was_shut = redis.call('HEXISTS', KEYS[1], 'shut_until')
  redis.call('DEL', KEYS[1])
  return was_shut == 1 and 'closed' or ''
end

if heard == 'failure' then
  local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
  redis.call('PEXPIRE', KEYS[1], lasts)
  if failures < tonumber(ARGV[5]) then
    return ''
  end
  redis.call('HSET', KEYS[1], 'shut_until', string.format('%.3f', now + ARGV[6]))
  return redis.call('HSETNX', KEYS[1], 'shut_at', string.format('%.3f', now)) == 1 and 'opened' or ''
end

local pace = redis.call('HMGET', KEYS[2], 'closed_until', 'rate', 'cut_at')
local closed_until, cut_at = tonumber(pace[1] or 0), tonumber(pace[3] or 0)
local rate = base
if pace[2] then
  rate = math.min(base, pace[2] + base * growth * math.max(0, now - cut_at) / 1000)
end
if now >= closed_until and base > 0 then
  local factor = now - cut_at < tonumber(ARGV[8]) and ARGV[7] or ARGV[6]
  redis.call('HSET', KEYS[2], 'rate', string.format('%.6f', rate * factor))
  redis.call('HSET', KEYS[2], 'cut_at', string.format('%.3f', now + ARGV[5]))
end
redis.call('HSET', KEYS[2], 'closed_until', string.format('%.3f', math.max(closed_until, now + ARGV[5])))
redis.call('PEXPIRE', KEYS[2], math.max(tonumber(lasts), 2 * ARGV[5]))
return ''
