import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { InputError } from '../../src/messaging/errors.ts';
import type {
  AttachmentRef,
  ConversationRef,
  DeliveryRef,
  MessageRef,
  UploadRef,
} from '../../src/messaging/ids.ts';
import {
  attachmentId,
  conversationId,
  deliveryId,
  isUploadId,
  MAX_EXTERNAL_ID_LENGTH,
  messageId,
  parseAccountId,
  parseAttachmentId,
  parseConversationId,
  parseDeliveryId,
  parseExternalId,
  parseMessageId,
  parseUploadId,
  participantId,
  uploadId,
} from '../../src/messaging/ids.ts';
import type { ParticipantKind } from '../../src/messaging/provider.ts';

const ACCOUNT_CHARACTERS = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-');
const URL_SAFE = /^[A-Za-z0-9_-]+$/;

const accountId = fc
  .array(fc.constantFrom(...ACCOUNT_CHARACTERS), { minLength: 1, maxLength: 64, size: 'max' })
  .map((characters) => characters.join(''));

const externalId = fc
  .oneof(
    fc.nat().map(String),
    fc.uuid(),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 127, size: 'max' }),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20, size: 'max' }),
    // What an id is made of itself, and what means something in a URL.
    fc.constantFrom(':', '%', '%3A', '%25', 'c:a:b', '/', '..', '.', '?', '#', '+', ' ', '"', '__proto__'),
    fc.constantFrom('x', 'я', '中', '\uffff', '👩').map((text) => text.repeat(255).slice(0, 254)),
  )
  .filter((id) => id.length > 0 && id.length <= MAX_EXTERNAL_ID_LENGTH && !id.includes('\0'));

const conversation: fc.Arbitrary<ConversationRef> = fc.record({ accountId, externalId });
const message: fc.Arbitrary<MessageRef> = fc.record({
  accountId,
  conversationExternalId: externalId,
  externalId,
});
const attachment: fc.Arbitrary<AttachmentRef> = fc.record({
  message,
  key: fc.oneof(
    externalId.map((id) => ({ externalId: id })),
    fc.nat({ max: 999_999 }).map((place) => ({ place })),
  ),
});
const upload: fc.Arbitrary<UploadRef> = fc.record({ accountId, uploadId: externalId });
const delivery: fc.Arbitrary<DeliveryRef> = fc.record({
  accountId,
  scope: externalId,
  part: fc.nat({ max: 999_999 }),
  attempt: fc.integer({ min: 1, max: 999_999 }),
});
const participant = fc.record({
  accountId,
  kind: fc.constantFrom<ParticipantKind>('CUSTOMER', 'AGENT', 'USER', 'SYSTEM'),
  externalId,
});

/** Every kind of id that can be read, with what writes it again. */
const KINDS = [
  {
    kind: 'conversation',
    ids: conversation.map(conversationId),
    parse: parseConversationId,
    rewrite: (id: string) => conversationId(parseConversationId(id)),
  },
  {
    kind: 'message',
    ids: message.map(messageId),
    parse: parseMessageId,
    rewrite: (id: string) => messageId(parseMessageId(id)),
  },
  {
    kind: 'attachment',
    ids: attachment.map(attachmentId),
    parse: parseAttachmentId,
    rewrite: (id: string) => attachmentId(parseAttachmentId(id)),
  },
  {
    kind: 'upload',
    ids: upload.map(uploadId),
    parse: parseUploadId,
    rewrite: (id: string) => uploadId(parseUploadId(id)),
  },
  {
    kind: 'delivery',
    ids: delivery.map(deliveryId),
    parse: parseDeliveryId,
    rewrite: (id: string) => deliveryId(parseDeliveryId(id)),
  },
] as const;

function expectRefused(parse: (id: string, argument: string) => unknown, id: string): void {
  let thrown: unknown;
  try {
    parse(id, 'input.target');
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(InputError);
  expect(thrown).toMatchObject({ code: 'BAD_USER_INPUT', argument: 'input.target', retryable: false });
  expect((thrown as Error).message).toContain('input.target');
}

describe('an id', () => {
  it('gives back what it names', () => {
    fc.assert(
      fc.property(conversation, message, attachment, (aConversation, aMessage, anAttachment) => {
        expect(parseConversationId(conversationId(aConversation))).toEqual(aConversation);
        expect(parseMessageId(messageId(aMessage))).toEqual(aMessage);
        expect(parseAttachmentId(attachmentId(anAttachment))).toEqual(anAttachment);
      }),
      { numRuns: 200 },
    );
    fc.assert(
      fc.property(upload, delivery, (anUpload, aDelivery) => {
        expect(parseUploadId(uploadId(anUpload))).toEqual(anUpload);
        expect(parseDeliveryId(deliveryId(aDelivery))).toEqual(aDelivery);
      }),
      { numRuns: 200 },
    );
  });

  it('gives back the longest that a provider can name', () => {
    for (const character of ['a', 'я', '中', '\uffff', ' ', ':']) {
      const longest = character.repeat(MAX_EXTERNAL_ID_LENGTH);
      const ref = {
        message: { accountId: 'a'.repeat(64), conversationExternalId: longest, externalId: longest },
        key: { externalId: longest },
      };
      expect(parseAttachmentId(attachmentId(ref))).toEqual(ref);
    }
  });

  it('is made of characters that need no escape in a URL', () => {
    fc.assert(
      fc.property(fc.oneof(...KINDS.map(({ ids }) => ids), participant.map(participantId)), (id) => {
        expect(id).toMatch(URL_SAFE);
      }),
      { numRuns: 200 },
    );
  });

  it('is another for everything that is not the same', () => {
    fc.assert(
      fc.property(fc.uniqueArray(message, { comparator: isSame, maxLength: 8 }), (messages) => {
        expect(new Set(messages.map(messageId)).size).toBe(messages.length);
      }),
      { numRuns: 100 },
    );
    fc.assert(
      fc.property(fc.uniqueArray(participant, { comparator: isSame, maxLength: 8 }), (participants) => {
        expect(new Set(participants.map(participantId)).size).toBe(participants.length);
      }),
      { numRuns: 100 },
    );
    fc.assert(
      fc.property(fc.uniqueArray(delivery, { comparator: isSame, maxLength: 8 }), (deliveries) => {
        expect(new Set(deliveries.map(deliveryId)).size).toBe(deliveries.length);
      }),
      { numRuns: 100 },
    );
  });

  it('tells an attachment at a place from one whose own id is that number', () => {
    const message = { accountId: 'a', conversationExternalId: '1', externalId: '2' };
    const byPlace = attachmentId({ message, key: { place: 3 } });
    const byId = attachmentId({ message, key: { externalId: '3' } });
    expect(byPlace).not.toBe(byId);
  });

  it('of one kind is refused as one of another', () => {
    const every = fc.record({ conversation, message, attachment, upload, delivery, participant });
    fc.assert(
      fc.property(every, (refs) => {
        const ids = {
          conversation: conversationId(refs.conversation),
          message: messageId(refs.message),
          attachment: attachmentId(refs.attachment),
          upload: uploadId(refs.upload),
          delivery: deliveryId(refs.delivery),
          participant: participantId(refs.participant),
        };
        for (const [kind, id] of Object.entries(ids)) {
          expect(isUploadId(id)).toBe(kind === 'upload');
          for (const { kind: expected, parse } of KINDS) if (kind !== expected) expectRefused(parse, id);
        }
      }),
      { numRuns: 100 },
    );
  });
});

function isSame(a: object, b: object): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** A text with one character changed, added or taken away. */
const mutation = fc.record({
  at: fc.nat(),
  how: fc.constantFrom('replace', 'insert', 'remove', 'cut', 'append'),
  character: fc.oneof(
    fc.constantFrom(...ACCOUNT_CHARACTERS),
    fc.constantFrom('=', '+', '/', ' ', '\n', '\0'),
  ),
});

function mutate(
  text: string,
  { at, how, character }: { at: number; how: string; character: string },
): string {
  const index = at % text.length;
  switch (how) {
    case 'replace':
      return text.slice(0, index) + character + text.slice(index + 1);
    case 'insert':
      return text.slice(0, index) + character + text.slice(index);
    case 'remove':
      return text.slice(0, index) + text.slice(index + 1);
    case 'cut':
      return text.slice(0, index);
    default:
      return text + character;
  }
}

describe.each(KINDS)('reading the id of a(n) $kind', ({ kind, ids, parse, rewrite }) => {
  it('takes no second text for the same thing', () => {
    fc.assert(
      fc.property(ids, fc.array(mutation, { minLength: 1, maxLength: 3 }), (id, mutations) => {
        const mutant = mutations.reduce((text, each) => (text === '' ? text : mutate(text, each)), id);
        let rewritten: string;
        try {
          rewritten = rewrite(mutant);
        } catch {
          expectRefused(parse, mutant);
          return;
        }
        expect(rewritten).toBe(mutant);
      }),
      { numRuns: 200 },
    );
  });

  it('takes no other spelling of the base64', () => {
    fc.assert(
      fc.property(ids, (id) => {
        const text = Buffer.from(id, 'base64url');
        expectRefused(parse, `${id}=`);
        expectRefused(parse, `${id}\n`);
        expectRefused(parse, ` ${id}`);
        if (id.length % 4 !== 0) expectRefused(parse, text.toString('base64'));
        // Escapes that encodeURIComponent would not have written.
        expectRefused(parse, Buffer.from(text.toString().replaceAll('%', '%25')).toString('base64url') + 'A');
        const account = text.toString().split(':')[1]!;
        const escaped = `%${account.charCodeAt(0).toString(16).toUpperCase()}${account.slice(1)}`;
        const other = text.toString().replace(`:${account}:`, `:${escaped}:`);
        expectRefused(parse, Buffer.from(other).toString('base64url'));
      }),
      { numRuns: 100 },
    );
  });

  it('refuses whatever is no id, naming the argument, and fails in no other way', () => {
    const garbage = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.string({ maxLength: 60 }),
      fc.base64String(),
      // Any UTF-16 at all, lone surrogates among it.
      fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
      fc
        .tuple(
          fc.constantFrom('c', 'm', 'a', 'u', 'd', 'p', 'x', 'C', ''),
          fc.array(
            fc.oneof(fc.string(), fc.constantFrom('', '%', '%ZZ', '%00', '%ED%A0%80', '%C0%80', 'n', 'i')),
            {
              maxLength: 7,
            },
          ),
        )
        .map(([kind, parts]) => Buffer.from([kind, ...parts].join(':')).toString('base64url')),
    );
    fc.assert(
      fc.property(garbage, (text) => {
        let rewritten: string;
        try {
          rewritten = rewrite(text);
        } catch {
          expectRefused(parse, text);
          return;
        }
        // Chance has made one: then it is the only text for it.
        expect(rewritten).toBe(text);
      }),
      { numRuns: 200 },
    );
  });

  const write = (...parts: string[]) => Buffer.from(parts.join(':')).toString('base64url');
  const [head, rest] = {
    conversation: ['c', []],
    message: ['m', ['1']],
    attachment: ['a', ['1', 'i', '1']],
    upload: ['u', []],
    delivery: ['d', ['0', '1']],
  }[kind] as [string, string[]];
  const filled = (part: string): string[] => [head, 'acc', part, ...rest];

  it.each([
    ['nothing', ''],
    ['a space', ' '],
    ['NUL', '\0'],
    ['a lone surrogate', '\ud800'],
    ['a lone surrogate in the middle', `Yz\udc00MToy`],
    ['an external id that is empty', write(...filled(''))],
    ['an external id with NUL', write(...filled('%00'))],
    ['an external id with an encoded surrogate', write(...filled('%ED%A0%80'))],
    ['an external id with an overlong encoding', write(...filled('%C0%AF'))],
    ['an external id over 255 characters', write(...filled('x'.repeat(256)))],
    ['an escape that ends early', write(...filled('%E4%B8'))],
    ['an account that is empty', write(head, '', ...filled('1').slice(2))],
    ['an account with a dot', write(head, 'a.b', ...filled('1').slice(2))],
    ['an account over 64 characters', write(head, 'a'.repeat(65), ...filled('1').slice(2))],
    ['a part too few', write(...filled('1').slice(0, -1))],
    ['a part too many', write(...filled('1'), '1')],
    ['the kind in capitals', write(head.toUpperCase(), ...filled('1').slice(1))],
    ['a byte order mark', write(`\ufeff${head}`, ...filled('1').slice(1))],
    ['12,001 characters', 'A'.repeat(12_001)],
    ['ten million characters', 'A'.repeat(10_000_000)],
  ])('refuses %s', (_what, id) => {
    expectRefused(parse, id);
  });
});

const NO_NUMBERS = ['-1', '01', '1.5', '1e3', '1000000', 'NaN', 'x', '+1', '٣'];

describe('reading the id of a delivery', () => {
  it.each(NO_NUMBERS)('refuses %s as its part and as its attempt', (number) => {
    const at = (...numbers: string[]) =>
      Buffer.from(['d', 'acc', 'scope', ...numbers.map(encodeURIComponent)].join(':')).toString('base64url');
    expectRefused(parseDeliveryId, at(number, '1'));
    expectRefused(parseDeliveryId, at('0', number));
    expectRefused(parseDeliveryId, at('0', '0'));
  });
});

describe('reading the id of an attachment by its place', () => {
  const at = (place: string) => Buffer.from(`a:acc:1:2:n:${place}`).toString('base64url');

  it.each(NO_NUMBERS)('refuses the place %s', (place) => {
    expectRefused(parseAttachmentId, at(encodeURIComponent(place)));
  });

  it('refuses a form of key that there is not', () => {
    expectRefused(parseAttachmentId, Buffer.from('a:acc:1:2:x:3').toString('base64url'));
  });
});

describe('an account’s id', () => {
  it('is taken verbatim', () => {
    fc.assert(fc.property(accountId, (id) => expect(parseAccountId(id, 'accountId')).toBe(id)));
  });

  it.each(['', ' ', 'a b', 'a.b', 'é', 'a\n', 'a'.repeat(65), '\0', '\ud800', '../x'])('is not %j', (id) => {
    expectRefused(parseAccountId, id);
  });
});

describe('a provider’s own id', () => {
  it('is taken verbatim', () => {
    fc.assert(fc.property(externalId, (id) => expect(parseExternalId(id, 'externalId')).toBe(id)));
  });

  it.each(['', '\0', 'a\0b', '\ud800', 'a\udfff', 'x'.repeat(256)])('is not %j', (id) => {
    expectRefused(parseExternalId, id);
  });
});
