import { isBlank, isCleanText } from './content.ts';
import { isShallow, MAX_DEPTH } from './isShallow.ts';
import type { StartConversation } from './outgoing.ts';
import type { UserError } from './userErrors.ts';
import { userError } from './userErrors.ts';

/** Each member of a union without its name, which is ours to give. */
export type Unnamed<Start> = Start extends unknown ? Omit<Start, 'name'> : never;

type StartOf<Name extends StartConversation['provider']> = Unnamed<
  Extract<StartConversation, { provider: Name }>
>;

/** What is wrong with a start, by field below `field`. Asks nobody. */
export function checkStart(start: Unnamed<StartConversation>, field: string): UserError[] {
  const errors = Object.entries(start).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'string' && (isBlank(value) || !isCleanText(value))
      ? [userError('BAD_USER_INPUT', `${field}.${name}`, 'This must be a text that is not empty.')]
      : [],
  );
  if (start.provider === 'PACT') errors.push(...checkContact(start, field));
  if (start.provider === 'LETSTALK') {
    errors.push(...checkNumbers(start, field));
    if (!isShallow(start.metadata, MAX_DEPTH)) {
      const message = `Metadata is nested at most ${MAX_DEPTH} levels deep.`;
      errors.push(userError('BAD_USER_INPUT', `${field}.metadata`, message));
    }
  }
  return errors;
}

function checkContact(
  { messenger, phone, username, vkontakteId }: StartOf<'PACT'>,
  field: string,
): UserError[] {
  const given = Object.entries({ phone, username, vkontakteId }).filter(([, value]) => value !== null);
  const [address] = given.map(([name]) => name);
  if (given.length !== 1 || !ADDRESSES[messenger].includes(address!)) {
    const message =
      'WhatsApp is reached by a phone, Telegram by either a phone or a username, VKontakte by a vkontakteId.';
    return [userError('BAD_USER_INPUT', `${field}.${ADDRESSES[messenger][0]}`, message)];
  }
  if (vkontakteId !== null && !/^\d{1,19}$/.test(vkontakteId))
    return [userError('BAD_USER_INPUT', `${field}.vkontakteId`, 'A vkontakteId has 1 to 19 digits.')];
  if (phone === null || /^\d{7,15}$/.test(phone)) return [];
  const message = 'A phone has 7 to 15 digits, with the country code and without a plus.';
  return [userError('BAD_USER_INPUT', `${field}.phone`, message)];
}

/** By what a person is reached over each messenger: by exactly one of these. */
const ADDRESSES: Readonly<Record<StartOf<'PACT'>['messenger'], readonly [string, ...string[]]>> = {
  WHATSAPP: ['phone'],
  TELEGRAM_PERSONAL: ['phone', 'username'],
  VKONTAKTE: ['vkontakteId'],
};

function checkNumbers({ organizationId, inquiryId }: StartOf<'LETSTALK'>, field: string): UserError[] {
  return Object.entries({ organizationId, inquiryId }).flatMap(([name, value]) =>
    value === null || /^[1-9]\d{0,14}$/.test(value)
      ? []
      : [userError('BAD_USER_INPUT', `${field}.${name}`, 'At Letstalk this is a whole number above 0.')],
  );
}
