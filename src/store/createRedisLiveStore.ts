import { randomUUID } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';
import type { ChangeId } from '../messaging/changes.ts';
import { cursorExpired, FIRST, isChangeId } from '../messaging/changes.ts';
import type { ActiveState, LiveStore, StoredChange } from '../messaging/liveStore.ts';
import { MAX_ACTIVE, STATE_TTL } from '../messaging/liveStore.ts';
import { createWakeUps } from './createWakeUps.ts';

export interface RedisLiveStoreOptions {
  readonly client: Redis | Cluster;
  readonly keyPrefix: string;
  /** Runs a command once, over a connection that can be trusted, or throws. */
  readonly run: <T>(command: () => Promise<T>) => Promise<T>;
  /** Milliseconds for which changes are kept. */
  readonly keep: number;
  /** The most changes of an account; the oldest go first. */
  readonly maxChanges?: number;
}

/** A live store that ends with what it listens on. */
export interface RedisLiveStore extends LiveStore {
  close(): void;
}

/** Milliseconds by which what belongs to the log outlives its changes. */
const MARGIN = 3_600_000;

/**
 * A live store for many processes. Changes are entries of one stream for each account, under ids that rise over all of them: Redis streams
 * keep what was missed, which its pub/sub does not; that only says that there is something to read. All keys have one hash tag, since a
 * state and its changes are written together: in a cluster they are on one primary.
 */
export function createRedisLiveStore(options: RedisLiveStoreOptions): RedisLiveStore {
  const { client, keyPrefix, run, keep, maxChanges = 200_000 } = options;
  const redis = withScripts(client);
  const nameOf = (kind: string, ...parts: readonly string[]) =>
    [`${keyPrefix}{live}`, kind, ...parts].join(':');
  const [last, epoch, channel] = [nameOf('last'), nameOf('epoch'), nameOf('wake')];
  const wakeUps = createWakeUps({ client, channel, last: () => readLast() });

  return {
    async read(accountId, keys) {
      if (keys.length === 0) return [];
      const states = await run(() => redis.mget(keys.map((key) => nameOf('state', accountId, key))));
      return states.map((state) => state ?? undefined);
    },

    async commit({ accountId, key, expected, state, activityAt, changes }) {
      const keys = [nameOf('state', accountId, key), nameOf('active', accountId)];
      const logged = [nameOf('changes', accountId), nameOf('dropped', accountId), last, epoch, channel];
      const done = await run(() =>
        redis.parleyCommit(
          ...[...keys, ...logged],
          ...[expected ?? '', state, STATE_TTL, activityAt ?? '', key, MAX_ACTIVE],
          ...[keep, keep + MARGIN, maxChanges, randomUUID(), accountId, ...changes],
        ),
      );
      return done === 1;
    },

    async latest(accountId, after, count) {
      const rows = await run(() =>
        redis.parleyLatest(
          nameOf('active', accountId),
          nameOf('state', accountId, ''),
          ...[after?.activityAt ?? '', after?.key ?? '', count],
        ),
      );
      return toActiveStates(rows);
    },

    async changes(accountIds, after, count) {
      if (accountIds.length === 0) return [];
      const names = accountIds.flatMap((id) => [nameOf('changes', id), nameOf('dropped', id)]);
      const found = await run(() => redis.parleyChanges(names.length, ...names, after, count));
      if (found === null) throw cursorExpired();
      return found.map(([index, id, change]): StoredChange => {
        return { id, accountId: accountIds[Number(index) - 1]!, change };
      });
    },

    async position() {
      const [known, id, seconds, microseconds] = await run(() =>
        redis.parleyPosition(epoch, last, randomUUID(), keep + MARGIN),
      );
      const now = Math.floor(Number(seconds) * 1_000 + Number(microseconds) / 1_000);
      return { epoch: known!, last: toChangeId(id), now };
    },

    follow: (listener) => wakeUps.follow(listener),
    close: () => wakeUps.close(),
  };

  async function readLast(): Promise<string> {
    return toChangeId(await run(() => redis.get(last)));
  }
}

function toChangeId(value: string | null | undefined): ChangeId {
  return isChangeId(value) ? value : FIRST;
}

function toActiveStates(rows: readonly string[]): ActiveState[] {
  const states: ActiveState[] = [];
  for (let index = 0; index < rows.length; index += 3)
    states.push({ key: rows[index]!, activityAt: Number(rows[index + 1]), state: rows[index + 2]! });
  return states;
}

interface Scripts {
  parleyCommit(...args: readonly (string | number)[]): Promise<number>;
  parleyLatest(...args: readonly (string | number)[]): Promise<readonly string[]>;
  parleyChanges(
    keys: number,
    ...args: readonly (string | number)[]
  ): Promise<readonly (readonly [string, string, string])[] | null>;
  parleyPosition(...args: readonly (string | number)[]): Promise<readonly string[]>;
}

type Commands = Pick<Redis, 'mget' | 'get'> & Scripts;

// Two ids are compared as numbers: as texts, 9 would come after 10.
const IS_BEFORE = `
  local function isBefore(a, b)
    local at, an = string.match(a, '(%d+)-(%d+)')
    local bt, bn = string.match(b, '(%d+)-(%d+)')
    if at ~= bt then return tonumber(at) < tonumber(bt) end
    return tonumber(an) < tonumber(bn)
  end`;

// As the sorted set has them, by bytes: Lua compares texts as the language of the server's machine does.
const IS_BELOW = `
  local function isBelow(a, b)
    for i = 1, math.min(#a, #b) do
      local x, y = string.byte(a, i), string.byte(b, i)
      if x ~= y then return x < y end
    end
    return #a < #b
  end`;

function withScripts(client: Redis | Cluster): Commands {
  client.defineCommand('parleyCommit', {
    numberOfKeys: 7,
    lua: `
      if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
      redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
      if ARGV[4] ~= '' then
        redis.call('ZADD', KEYS[2], ARGV[4], ARGV[5])
        redis.call('PEXPIRE', KEYS[2], ARGV[3])
        local over = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[6])
        if over > 0 then redis.call('ZREMRANGEBYRANK', KEYS[2], 0, over - 1) end
      else
        redis.call('ZREM', KEYS[2], ARGV[5])
      end
      if #ARGV == 11 then return 1 end
      local clock = redis.call('TIME')
      local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
      local time, number = string.match(redis.call('GET', KEYS[5]) or '0-0', '(%d+)-(%d+)')
      time = tonumber(time)
      number = tonumber(number)
      local id
      for i = 12, #ARGV do
        if now > time then
          time = now
          number = 0
        else
          number = number + 1
        end
        id = string.format('%.0f-%.0f', time, number)
        redis.call('XADD', KEYS[3], id, 'change', ARGV[i])
      end
      redis.call('XTRIM', KEYS[3], 'MINID', string.format('%.0f', now - ARGV[7]))
      if redis.call('XLEN', KEYS[3]) > tonumber(ARGV[9]) then
        local over = redis.call('XLEN', KEYS[3]) - tonumber(ARGV[9])
        local dropped = redis.call('XRANGE', KEYS[3], '-', '+', 'COUNT', over)
        redis.call('SET', KEYS[4], dropped[over][1], 'PX', ARGV[8])
        redis.call('XTRIM', KEYS[3], 'MAXLEN', ARGV[9])
      end
      redis.call('PEXPIRE', KEYS[3], ARGV[8])
      redis.call('SET', KEYS[5], id, 'PX', ARGV[8])
      redis.call('SET', KEYS[6], ARGV[10], 'PX', ARGV[8], 'NX')
      redis.call('PEXPIRE', KEYS[6], ARGV[8])
      redis.call('PUBLISH', KEYS[7], ARGV[11])
      return 1`,
  });
  client.defineCommand('parleyLatest', {
    numberOfKeys: 2,
    lua: `${IS_BELOW}
      local rows = {}
      local start = 0
      local count = tonumber(ARGV[3])
      local top = ARGV[1] == '' and '+inf' or ARGV[1]
      while #rows < count * 3 do
        local page = redis.call('ZREVRANGEBYSCORE', KEYS[1], top, '-inf', 'WITHSCORES', 'LIMIT', start, count)
        if #page == 0 then break end
        local gone = {}
        for i = 1, #page, 2 do
          local key, score = page[i], page[i + 1]
          local isAfter = ARGV[1] == '' or tonumber(score) < tonumber(ARGV[1]) or isBelow(key, ARGV[2])
          if isAfter and #rows < count * 3 then
            local state = redis.call('GET', KEYS[2] .. key)
            if state then
              rows[#rows + 1] = key
              rows[#rows + 1] = score
              rows[#rows + 1] = state
            else
              gone[#gone + 1] = key
            end
          end
        end
        -- The state has expired, which takes no place away. Each page would go by all of them again.
        if #gone > 0 then redis.call('ZREM', KEYS[1], unpack(gone)) end
        start = start + count - #gone
      end
      return rows`,
  });
  client.defineCommand('parleyChanges', {
    lua: `${IS_BEFORE}
      local after = ARGV[1]
      local count = tonumber(ARGV[2])
      local found = {}
      for i = 1, #KEYS, 2 do
        local dropped = redis.call('GET', KEYS[i + 1])
        if dropped and isBefore(after, dropped) then return nil end
        for _, entry in ipairs(redis.call('XRANGE', KEYS[i], '(' .. after, '+', 'COUNT', count)) do
          found[#found + 1] = { tostring((i + 1) / 2), entry[1], entry[2][2] }
        end
      end
      table.sort(found, function(a, b) return isBefore(a[2], b[2]) end)
      local first = {}
      for i = 1, math.min(count, #found) do first[i] = found[i] end
      return first`,
  });
  client.defineCommand('parleyPosition', {
    numberOfKeys: 2,
    lua: `
      redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX')
      redis.call('PEXPIRE', KEYS[1], ARGV[2])
      local clock = redis.call('TIME')
      return { redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2]) or '0-0', clock[1], clock[2] }`,
  });
  return client as unknown as Commands;
}
