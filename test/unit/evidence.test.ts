import { expect, it } from '@jest/globals';
import type { Contention } from '../../src/messaging/contention.ts';
import { findEvidence } from '../../src/messaging/evidence.ts';
import type { LostStart, StartConversation } from '../../src/messaging/outgoing.ts';
import type { Provider, ReadContext } from '../../src/messaging/provider.ts';
import type { SendRecord } from '../../src/messaging/sendRecord.ts';
import { createUpstreamCalls } from '../../src/messaging/upstreamCalls.ts';

const READ: ReadContext = {
  signal: new AbortController().signal,
  calls: createUpstreamCalls(),
  header: () => undefined,
  share: (_key, load) => load(),
};

/** What an adapter is told of a start that was remembered like this. */
async function toldOf(start: object): Promise<StartConversation[]> {
  const lost: LostStart[] = [];
  const provider = {
    namesSends: true,
    findStarted(search: LostStart) {
      lost.push(search);
      return Promise.resolve({ found: [], complete: false });
    },
  } as Partial<Provider> as Provider;
  const instant = '2026-01-01T00:00:00.000Z';
  const step = { at: 'LOST', asOf: instant, token: 't', from: instant, until: instant } as const;
  const record: SendRecord = {
    ...{ viewerId: 'ann', accountId: 'acc', conversationId: null, fingerprint: 'f' },
    start: start as StartConversation,
    parts: [{ name: 'n', digest: 'd', fileCount: 0, attempt: 1, step }],
  };
  const options = { contention: {} as Contention, settlingTime: 0, now: () => 0 };
  const evidence = await findEvidence({ scope: 's', record, index: 0 }, provider, READ, options);
  expect(evidence).toEqual({ verdict: 'UNKNOWN' });
  return lost.map(({ start }) => start);
}

it('a start that was remembered before VKontakte could be named is looked for without its id', async () => {
  const before = { provider: 'PACT', name: 'n', messenger: 'WHATSAPP', phone: '7', username: null, text: '' };
  expect(await toldOf(before)).toEqual([{ ...before, vkontakteId: null }]);
  const now = { ...before, messenger: 'VKONTAKTE', phone: null, vkontakteId: '1' };
  expect(await toldOf(now)).toEqual([now]);
});
