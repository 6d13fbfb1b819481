import { describe, expect, it } from '@jest/globals';
import { textDigest } from '../../src/messaging/content.ts';
import { createContenders } from '../../src/messaging/contenders.ts';
import type { Contending } from '../../src/messaging/contention.ts';
import { createContention } from '../../src/messaging/contention.ts';
import type { StartConversation } from '../../src/messaging/outgoing.ts';
import { createMemoryStore } from '../../src/store/createMemoryStore.ts';

const TRY = { from: '2026-01-01T00:00:00.000Z', until: '2026-01-01T00:00:10.000Z' };

/** A start with the same words as every other one here. */
function startWith(contact: Partial<Extract<StartConversation, { provider: 'PACT' }>>, key: string) {
  const own = { ...TRY, token: key };
  const start: StartConversation = {
    ...{ provider: 'PACT', name: key, messenger: 'VKONTAKTE', text: '' },
    ...{ phone: null, username: null, vkontakteId: null, ...contact },
  };
  const step = { at: 'SENDING', ...own } as const;
  const part = { name: key, digest: textDigest('Hello'), fileCount: 0, attempt: 1, step };
  const record = { viewerId: 'ann', accountId: 'sales', conversationId: null, fingerprint: key, start };
  return { part: { scope: key, index: 0, record: { ...record, parts: [part] } } satisfies Contending, own };
}

describe('starts with the same words, whose answers are lost', () => {
  it.each<[string, object, object]>([
    [
      'phones',
      { messenger: 'WHATSAPP', phone: '79991234567' },
      { messenger: 'WHATSAPP', phone: '79991234568' },
    ],
    ['ids at VKontakte', { vkontakteId: '1' }, { vkontakteId: '2' }],
  ])('are told apart by their %s', async (_what, one, other) => {
    const contention = createContention(createContenders(createMemoryStore(), 1_000_000));
    const starts = [startWith(one, 'one'), startWith(other, 'other')] as const;
    for (const { part, own } of starts) await contention.enter(part, own);

    for (const [index, { part, own }] of starts.entries()) {
      const candidate = { conversationId: `c${index}`, messageId: `m${index}` };
      expect(await contention.claim(part, own, [candidate])).toEqual(candidate);
    }
  });

  it('are not told apart where they go to the same person', async () => {
    const contention = createContention(createContenders(createMemoryStore(), 1_000_000));
    const [first, second] = [
      startWith({ vkontakteId: '1' }, 'one'),
      startWith({ vkontakteId: '1' }, 'other'),
    ];
    for (const { part, own } of [first, second]) await contention.enter(part, own);

    const candidate = { conversationId: 'c', messageId: 'm' };
    expect(await contention.claim(first.part, first.own, [candidate])).toBeNull();
  });
});
