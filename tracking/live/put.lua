-- Writes an audience down, unless something changed after the database was read for it.
-- KEYS: the audience, its turn, who could see the driver so far
-- ARGV: the turn at which the database was read, the audience's revision, the audience and its lifetime in
--       milliseconds, who may see the driver now and how many seconds to remember that
-- Gives who could see the driver so far, or nothing.

if (redis.call('GET', KEYS[2]) or '') ~= ARGV[1] then
  return ''
end
local before = redis.call('GET', KEYS[3]) or ''
redis.call('HSET', KEYS[1], 'revision', ARGV[2], 'said', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('SET', KEYS[3], ARGV[5], 'EX', ARGV[6])
return before
