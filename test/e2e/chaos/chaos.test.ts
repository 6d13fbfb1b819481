import { describe, expect, it, jest } from '@jest/globals';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import type { OpenedRedis } from '../../redis.ts';
import { hasRedis, openRedis } from '../../redis.ts';
import type { ProviderKey } from './plan.ts';
import { PROVIDERS } from './plan.ts';
import type { Chaos, Ending } from './runChaos.ts';
import { runChaos } from './runChaos.ts';

// `npm run test:chaos` sends a thousand; `CHAOS_SEED` repeats a run.
const COUNT = Number(process.env['CHAOS_SENDS'] ?? 90);
const SEED = Number(process.env['CHAOS_SEED'] ?? 20_261_124);

jest.setTimeout(COUNT * 1_000 + 60_000);

(hasRedis ? describe : describe.skip)(`${COUNT} sends with bad luck of every kind (seed ${SEED})`, () => {
  it('end with one message for each key that was sent, and with none for each that was refused', async () => {
    const redis: OpenedRedis = (await openRedis())!;
    try {
      await runChaos({ seed: SEED, count: COUNT, redis }, check);
    } finally {
      await redis.close();
    }
  });
});

function check({ endings, sandbox, kills }: Chaos): void {
  expect(endings).toHaveLength(COUNT);
  expect(kills).toBe(2);

  const named = endings.flatMap(({ send, messageId }) =>
    messageId === null ? [] : [`${send.provider} ${send.conversation} ${messageId}`],
  );
  expect(new Set(named).size).toBe(named.length);

  let traceless = 0;
  for (const group of groupsOf(endings)) {
    const { provider, conversation, text } = group[0]!.send;
    const stored = storedIn(sandbox, provider, conversation, text);
    const where = `${provider} ${conversation} ${text}`;
    const own = group.flatMap(({ messageId }) => messageId ?? []);
    const unknown = group.filter(({ end }) => end === 'UNKNOWN').length;
    const unclaimed = stored.filter((id) => !own.includes(id));

    // Each key that was sent has a message of its own, and nothing else is there but what an unknown one may have left.
    expect([where, own.filter((id) => !stored.includes(id))]).toEqual([where, []]);
    expect([where, unclaimed.length <= unknown]).toEqual([where, true]);
    // Only where the evidence really is ambiguous: nothing to be seen, which Pact may yet show, or more than one that it could be.
    if (provider !== 'pact') expect([where, unknown]).toEqual([where, 0]);
    expect([where, unknown === 1 && unclaimed.length === 1]).toEqual([where, false]);
    if (unclaimed.length === 0) traceless += unknown;
  }
  process.stdout.write(`${summaryOf(endings, kills)}, of which ${traceless} left no trace\n`);
}

/** The keys that can only be told apart by what the provider named: those of one text in one conversation. */
function groupsOf(endings: readonly Ending[]): Ending[][] {
  const groups = new Map<string, Ending[]>();
  for (const ending of endings) {
    const { provider, conversation, text } = ending.send;
    const key = JSON.stringify([provider, conversation, text]);
    groups.set(key, [...(groups.get(key) ?? []), ending]);
  }
  return [...groups.values()];
}

/** The ids of the messages with that text that went out. */
function storedIn(
  { pact, letstalk, pigeons }: Sandbox,
  provider: ProviderKey,
  conversation: string,
  text: string,
): string[] {
  switch (provider) {
    case 'pact':
      return pact
        .messages(Number(conversation))
        .filter(({ message, income }) => message === text && !income)
        .map(({ external_id }) => String(external_id));
    case 'letstalk':
      return letstalk
        .messages(Number(conversation))
        .filter(({ content, remote_id }) => content === text && remote_id !== null)
        .map(({ id }) => String(id));
    case 'pigeons':
      return pigeons
        .messages(conversation)
        .filter(({ context }) => context.text === text)
        .map(({ message_id }) => message_id);
  }
}

function summaryOf(endings: readonly Ending[], kills: number): string {
  const counts = PROVIDERS.map((provider) => {
    const ends = endings.filter(({ send }) => send.provider === provider).map(({ end }) => end);
    const count = (wanted: Ending['end']) => ends.filter((end) => end === wanted).length;
    return `${provider}: ${count('SENT')} sent, ${count('REFUSED')} refused, ${count('UNKNOWN')} unknown`;
  });
  return `chaos (seed ${SEED}, ${endings.length} keys, ${kills} kills): ${counts.join('; ')}`;
}
