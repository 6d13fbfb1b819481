import { describe, expect, it } from '@jest/globals';
import { toContent, toStart } from '../../src/graph/inputs.ts';

const LINK = { label: 'a', url: new URL('https://a.example') };
const REPLY = { label: 'a', message: 'b' };
const PACT = {
  accountId: 'sales',
  idempotencyKey: 'k',
  messenger: 'WHATSAPP',
  phone: '79990000000',
  text: 'x',
};

/** A router that does not know `@oneOf` lets through what our own parser would not. */
describe('exactly one', () => {
  const listOf = (...items: object[]) =>
    toContent({ conversationId: 'c', idempotencyKey: 'k', actionList: { title: 't', items } } as never);

  it.each([
    ['none', {}],
    ['null', { link: null, quickReply: null }],
    ['both', { link: LINK, quickReply: REPLY }],
  ])('is what an item of an action list is: %s is refused by its place', (_what, item) => {
    expect(() => listOf({ quickReply: REPLY }, item)).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT', argument: 'actionList.items.1' }),
    );
  });

  it('takes null for what is not given', () => {
    expect(listOf({ link: null, quickReply: REPLY }).actionList?.items).toEqual([
      { kind: 'quickReply', ...REPLY },
    ]);
    const { accountId, start } = toStart({ pact: PACT, letstalk: null, pigeons: null } as never);
    expect([accountId, start.provider]).toEqual(['sales', 'PACT']);
  });

  it.each([
    ['none', {}],
    ['null', { pact: null }],
    ['both', { pact: PACT, pigeons: { accountId: 'app', idempotencyKey: 'k', participantId: 'p' } }],
  ])('is what a start is with: %s is refused', (_what, input) => {
    expect(() => toStart(input as never)).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT', argument: '' }),
    );
  });
});
