import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { StartConversation } from '../../src/messaging/outgoing.ts';
import type { Unnamed } from '../../src/messaging/startContent.ts';
import { checkStart } from '../../src/messaging/startContent.ts';

type StartOf<Name extends StartConversation['provider']> = Unnamed<
  Extract<StartConversation, { provider: Name }>
>;

const PACT: StartOf<'PACT'> = {
  provider: 'PACT',
  messenger: 'WHATSAPP',
  phone: '79991234567',
  username: null,
  vkontakteId: null,
  text: 'Hello',
};
const LETSTALK: StartOf<'LETSTALK'> = {
  provider: 'LETSTALK',
  organizationId: '7',
  inquiryId: null,
  title: null,
  text: 'Hello',
  metadata: null,
};
const PIGEONS: StartOf<'PIGEONS'> = {
  provider: 'PIGEONS',
  participantId: 'u-1',
  taggableType: null,
  taggableId: null,
};

function told(start: Unnamed<StartConversation>): string[] {
  return checkStart(start, 'start').map(({ code, field }) => `${code} ${field!.slice(1).join('.')}`);
}

describe('a start', () => {
  it.each<Unnamed<StartConversation>>([
    PACT,
    { ...PACT, messenger: 'TELEGRAM_PERSONAL' },
    { ...PACT, messenger: 'TELEGRAM_PERSONAL', phone: null, username: 'ann' },
    { ...PACT, messenger: 'VKONTAKTE', phone: null, vkontakteId: '1' },
    { ...PACT, messenger: 'VKONTAKTE', phone: null, vkontakteId: '9'.repeat(19) },
    LETSTALK,
    { ...LETSTALK, inquiryId: '9'.repeat(15), title: 'A question', metadata: { text: '' } },
    PIGEONS,
    { ...PIGEONS, taggableType: 'Order', taggableId: '7' },
  ])('can be %j', (start) => {
    expect(told(start)).toEqual([]);
  });

  it.each<[Unnamed<StartConversation>, string]>([
    [{ ...PACT, text: ' ' }, 'text'],
    [{ ...PACT, text: '\ud800' }, 'text'],
    [{ ...LETSTALK, text: '' }, 'text'],
    [{ ...LETSTALK, title: ' ' }, 'title'],
    [{ ...LETSTALK, title: 'a\0' }, 'title'],
    [{ ...PIGEONS, participantId: '' }, 'participantId'],
    [{ ...PIGEONS, taggableType: '\n' }, 'taggableType'],
  ])('%j is told that its %s is no text', (start, field) => {
    expect(told(start)).toEqual([`BAD_USER_INPUT start.${field}`]);
  });

  it('reaches WhatsApp by a phone alone, Telegram by exactly one of two, and VKontakte by an id alone', () => {
    const messenger = fc.constantFrom(
      'WHATSAPP' as const,
      'TELEGRAM_PERSONAL' as const,
      'VKONTAKTE' as const,
    );
    const phone = fc.constantFrom(null, '79991234567');
    const username = fc.constantFrom(null, 'ann');
    const vkontakteId = fc.constantFrom(null, '1234567');
    fc.assert(
      fc.property(messenger, phone, username, vkontakteId, (messenger, phone, username, vkontakteId) => {
        const isReachable = {
          WHATSAPP: phone !== null && username === null && vkontakteId === null,
          TELEGRAM_PERSONAL: (phone === null) !== (username === null) && vkontakteId === null,
          VKONTAKTE: phone === null && username === null && vkontakteId !== null,
        }[messenger];
        const field = messenger === 'VKONTAKTE' ? 'vkontakteId' : 'phone';
        const errors = isReachable ? [] : [`BAD_USER_INPUT start.${field}`];
        expect(told({ ...PACT, messenger, phone, username, vkontakteId })).toEqual(errors);
      }),
    );
  });

  it.each(['id1', '-1', '+1', '1 2', '1.5', '٣', '1\n', '1'.repeat(20)])(
    'has no id at VKontakte like %j',
    (vkontakteId) => {
      const start: StartOf<'PACT'> = { ...PACT, messenger: 'VKONTAKTE', phone: null, vkontakteId };
      expect(told(start)).toEqual(['BAD_USER_INPUT start.vkontakteId']);
    },
  );

  it.each([
    '123456',
    '1'.repeat(16),
    '+79991234567',
    '7 999 123 45 67',
    '٧٩٩٩١٢٣٤٥٦٧',
    '79991234567\n',
    '7e9',
  ])('has no phone like %j', (phone) => {
    expect(told({ ...PACT, phone })).toEqual(['BAD_USER_INPUT start.phone']);
  });

  it.each(['0', '01', '-1', '1.5', 'x', '1'.repeat(16), '1\n', '٣'])(
    'has no organisation and no inquiry like %j at Letstalk',
    (id) => {
      expect(told({ ...LETSTALK, organizationId: id, inquiryId: id })).toEqual([
        'BAD_USER_INPUT start.organizationId',
        'BAD_USER_INPUT start.inquiryId',
      ]);
    },
  );
});
