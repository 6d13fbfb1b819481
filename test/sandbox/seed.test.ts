import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSandbox, wellKnown, type Sandbox } from '../../src/sandbox/index.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

/** Everything that is stored, with the changing port taken out. */
function dump({ pact, letstalk, pigeons }: Sandbox): string {
  const everything = {
    pact: pact.conversations().map((row) => [row, pact.messages(row.external_id)]),
    letstalk: letstalk.conversations().map((row) => [row, letstalk.messages(row.id)]),
    pigeons: pigeons.conversations().map((row) => [row, pigeons.messages(row.uuid)]),
  };
  return JSON.stringify(everything).replaceAll(/127\.0\.0\.1:\d+/g, 'sandbox');
}

describe('the seed', () => {
  it('is the same in every sandbox and after every reset', async () => {
    const other = await startSandbox();
    const first = dump(other);
    other.reset();
    expect(dump(other)).toBe(first);
    expect(dump(sandbox)).toBe(first);
    await other.close();
  });
  it('has at least 30 Pact conversations with at least 25 messages each, on eight kinds of channel', () => {
    const busy = sandbox.pact
      .conversations()
      .filter((row) => sandbox.pact.messages(row.external_id).length >= 25);
    expect(busy.length).toBeGreaterThanOrEqual(30);
    expect([...new Set(busy.map((row) => row.channel_type))]).toEqual(
      expect.arrayContaining(
        'whatsapp telegram instagram vkontakte viber avito facebook whatsapp_business'.split(' '),
      ),
    );
  });
  it('has one conversation of exactly 2,000 messages and an empty one at each provider', () => {
    expect(sandbox.pact.messages(wellKnown.pact.long)).toHaveLength(2000);
    expect(sandbox.letstalk.messages(wellKnown.letstalk.long)).toHaveLength(2000);
    expect(sandbox.pigeons.messages(wellKnown.pigeons.long)).toHaveLength(2000);
    expect(sandbox.pact.messages(wellKnown.pact.empty)).toEqual([]);
    expect(sandbox.letstalk.messages(wellKnown.letstalk.empty)).toEqual([]);
    expect(sandbox.pigeons.messages(wellKnown.pigeons.justCreated)).toEqual([]);
  });
  it('has several messages at the very same time at each provider', () => {
    const { pact, letstalk, pigeons } = sandbox;
    const times = [
      pact.messages(wellKnown.pact.sameTime).map((row) => row.created_at),
      letstalk.messages(wellKnown.letstalk.sameTime).map((row) => row.created_at),
      pigeons.messages(wellKnown.pigeons.sameTime).map((row) => row.timestamps.sent_at),
    ];
    for (const list of times) expect([list.length, new Set(list).size]).toEqual([12, 1]);
  });
  it.each([
    ['Cyrillic', /\p{Script=Cyrillic}/u],
    ['Arabic', /\p{Script=Arabic}/u],
    ['Hebrew', /\p{Script=Hebrew}/u],
    ['Chinese', /\p{Script=Han}/u],
    ['Japanese', /\p{Script=Hiragana}/u],
    ['Hindi', /\p{Script=Devanagari}/u],
    ['a family of four joined by ZWJ', /👨‍👩‍👧‍👦/u],
    ['a flag', /🇧🇷/u],
    ['a skin tone', /👍🏽/u],
  ])('writes %s at every provider', (_what, pattern) => {
    const all = JSON.parse(dump(sandbox)) as Record<string, unknown>;
    for (const provider of ['pact', 'letstalk', 'pigeons'])
      expect(JSON.stringify(all[provider])).toMatch(pattern);
  });
});
