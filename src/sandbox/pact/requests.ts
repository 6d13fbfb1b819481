import { z } from 'zod';
import { toId } from './answers.ts';

/** What a send asks for. */
export interface PactSend {
  /** Empty when there are only attachments. */
  readonly message: string;
  readonly attachmentIds: readonly number[];
  readonly sendToCrm: boolean;
  /** Buttons; WhatsApp Business only. */
  readonly interactive: { readonly type: 'button'; readonly buttons: readonly string[] } | null;
}

/** What a first message asks for. */
export interface PactStart {
  /** The messenger, which is also the type of its channel. */
  readonly provider: 'whatsapp' | 'telegram_personal';
  /** A phone number or a user name. */
  readonly contact: string;
  readonly text: string;
}

const interactiveSchema = z.strictObject({
  type: z.literal('button'),
  buttons: z.array(z.string().min(1)).min(1),
});

/**
 * Undefined for what is refused with 400. A field that pact.md does not name is refused too: a real provider may well ignore it,
 * but then nobody would notice a misspelt one.
 */
export function parseSend(form: URLSearchParams, channelType: string): PactSend | undefined {
  const fields = single(form, ['message', 'send_to_crm', 'interactive'], ['attachments_ids[]']);
  const message = fields?.get('message');
  const ids = form.getAll('attachments_ids[]').map(toId);
  const attachmentIds = ids.filter((id) => id !== undefined);
  if (!fields || message === undefined || attachmentIds.length < ids.length) return undefined;
  if (message === '' && ids.length === 0) return undefined;
  if (ids.length > 1 && channelType !== 'vkontakte') return undefined;
  const crm = fields.get('send_to_crm') ?? 'true';
  if (crm !== 'true' && crm !== 'false') return undefined;
  const buttons = fields.get('interactive');
  const interactive = buttons === undefined ? null : parseInteractive(buttons);
  if (interactive === undefined || (interactive && channelType !== 'whatsapp_business')) return undefined;
  return { message, attachmentIds, sendToCrm: crm === 'true', interactive };
}

/** Undefined for what is refused with 400. */
export function parseStart(form: URLSearchParams): PactStart | undefined {
  const fields = single(form, ['provider', 'phone', 'username', 'text']);
  const provider = fields?.get('provider');
  const phone = fields?.get('phone');
  const username = fields?.get('username');
  const text = fields?.get('text');
  if (provider !== 'whatsapp' && provider !== 'telegram_personal') return undefined;
  if (!text || (phone !== undefined && username !== undefined)) return undefined;
  // As in the documented 79250000001: digits, without a plus.
  if (phone !== undefined) return /^\d{7,15}$/.test(phone) ? { provider, contact: phone, text } : undefined;
  return username && provider === 'telegram_personal' ? { provider, contact: username, text } : undefined;
}

function parseInteractive(text: string): NonNullable<PactSend['interactive']> | undefined {
  try {
    return interactiveSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The fields by name, when there are no others than those and none of the `once` ones is repeated. */
function single(
  form: URLSearchParams,
  once: readonly string[],
  often: readonly string[] = [],
): Map<string, string> | undefined {
  const names = [...form.keys()].filter((name) => !often.includes(name));
  const sensible = names.every((name) => once.includes(name)) && new Set(names).size === names.length;
  return sensible ? new Map(form) : undefined;
}
