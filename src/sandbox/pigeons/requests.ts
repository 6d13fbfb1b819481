import type { Problems } from './answers.ts';
import type { Problem } from './reasons.ts';
import type { PigeonsMessageRow } from './rows.ts';

/** A message that somebody wants to send. */
export interface PigeonsSend {
  readonly conversation_uuid: string;
  readonly receiver_uuid: string;
  readonly context_text: string;
  readonly context_type: PigeonsMessageRow['context']['type'];
  readonly attachments?: readonly unknown[] | null;
  readonly metadata?: Readonly<Record<string, unknown>> | null;
  readonly device: Readonly<Record<string, string>>;
}

/** A conversation that somebody wants to have. */
export interface PigeonsStart {
  readonly participant_uuid: string;
  readonly taggable_type?: string | null;
  readonly taggable_id?: number | null;
}

/** How one field is checked: what is wrong with a value that is there, if anything. */
type Check = (value: unknown) => Problem | undefined;

/** The fields of a request; those with a `?` may be missing. */
type Fields = Readonly<Record<string, Check>>;

const MAX_TEXT = 5000;
const MAX_EMOJI = 10;

const oneOf =
  (...allowed: readonly string[]): Check =>
  (value) =>
    allowed.includes(value as string) ? undefined : 'invalid';

// Characters as PHP's multibyte functions count them: code points.
const text =
  (most = Infinity): Check =>
  (value) => {
    if (typeof value !== 'string') return 'invalid';
    return Array.from(value).length > most ? 'tooLong' : undefined;
  };

const when =
  (holds: (value: unknown) => boolean): Check =>
  (value) =>
    holds(value) ? undefined : 'invalid';

const sendFields: Fields = {
  conversation_uuid: text(),
  receiver_uuid: text(),
  context_text: text(MAX_TEXT),
  context_type: oneOf('text', 'image', 'file', 'audio', 'video'),
  'attachments?': when(Array.isArray),
  'metadata?': when(isObject),
  device: when(isObject),
};

const deviceFields: Fields = {
  type: oneOf('mobile', 'web', 'desktop'),
  os: text(),
  'os_version?': text(),
  'app_version?': text(),
  'model?': text(),
  'browser?': text(),
  'browser_version?': text(),
};

const startFields: Fields = {
  participant_uuid: text(),
  'taggable_type?': text(),
  'taggable_id?': when(Number.isSafeInteger),
};

/** The message, or what is wrong with it. */
export function parseSend(body: unknown): { readonly send: PigeonsSend } | { readonly problems: Problems } {
  const device =
    isObject(body) && isObject(body['device']) ? problemsOf(body['device'], deviceFields, 'device.') : {};
  const problems = { ...problemsOf(body, sendFields), ...device };
  return isEmpty(problems) ? { send: body as PigeonsSend } : { problems };
}

/** The conversation, or what is wrong with it. */
export function parseStart(
  body: unknown,
): { readonly start: PigeonsStart } | { readonly problems: Problems } {
  const problems = problemsOf(body, startFields);
  return isEmpty(problems) ? { start: body as PigeonsStart } : { problems };
}

/** The emoji, or what is wrong with it. */
export function parseReaction(body: unknown): { readonly emoji: string } | { readonly problems: Problems } {
  const problems = problemsOf(body, { emoji: text(MAX_EMOJI) });
  return isEmpty(problems) ? { emoji: (body as { emoji: string }).emoji } : { problems };
}

/** A field that pigeons.md does not name is invalid too: the provider may well ignore it, but then nobody would notice a typo. */
function problemsOf(body: unknown, fields: Fields, prefix = ''): Problems {
  const given = isObject(body) ? body : {};
  const problems: Record<string, Problem> = {};
  for (const [key, check] of Object.entries(fields)) {
    const name = key.replace('?', '');
    const problem = isMissing(given[name]) ? key === name && 'required' : check(given[name]);
    if (problem) problems[prefix + name] = problem;
  }
  const known = new Set(Object.keys(fields).map((key) => key.replace('?', '')));
  for (const name of Object.keys(given)) {
    if (!known.has(name)) problems[prefix + name] = 'invalid';
  }
  return problems;
}

// As its framework has it: a text of nothing but white space is none.
function isMissing(value: unknown): boolean {
  return value == null || (typeof value === 'string' && value.trim() === '');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmpty(problems: Problems): boolean {
  return Object.keys(problems).length === 0;
}
