import { z } from 'zod';
import type { MultipartBody } from '../../core/multipart.ts';
import { fileElsewhere, type PactFile } from '../fileElsewhere.ts';
import type { PactContact } from '../openConversation.ts';
import type { PactFileTraits } from '../uploads.ts';
import type { PactConversationFacts } from './facts.ts';

/** What goes into a message. */
export interface PactV2Content {
  /** Empty when there is only an attachment. */
  readonly text: string;
  /** None or one. */
  readonly attachmentIds: readonly number[];
}

/** What a send asks for. */
export interface PactV2Send extends PactV2Content {
  /** The messenger's id of the message that it answers. */
  readonly repliedToId: string | null;
}

/** What a first message asks for. */
export interface PactV2Start extends PactV2Content, PactContact {}

// As in v1, a field that pact.md does not name is refused: else nobody would notice a misspelt one.
const credentials = { company_id: z.unknown(), private_api_token: z.unknown() };
const content = {
  text: z.string().optional(),
  attachment_ids: z.array(z.int().positive()).max(1).optional(),
};
const sendSchema = z.strictObject({
  ...credentials,
  ...content,
  replied_to_id: z.string().min(1).optional(),
  send_to_crm: z.boolean().optional(),
});
// Digits without a plus, as in v1.
const phone = z.string().regex(/^\d{7,15}$/);
const startSchemas = [
  { provider: z.enum(['whatsapp', 'telegram_personal', 'max']), phone },
  { provider: z.literal('telegram_personal'), nickname: z.string().min(1) },
  { provider: z.literal('vkontakte'), vkontakte_id: z.string().regex(/^\d{1,15}$/) },
  {
    ...{ provider: z.literal('whatsapp_business'), phone },
    ...{ waba_id: z.string().optional(), substitutions: z.unknown().optional() },
  },
].map((address) => z.strictObject({ ...credentials, ...content, ...address }));
const updateSchema = z.strictObject({
  ...credentials,
  operational_state: z.enum(['open', 'archived']).optional(),
  replied_state: z.enum(['replied', 'unreplied']).optional(),
});
const deleteSchema = z.strictObject({ ...credentials, message_ids: z.array(z.int().positive()).min(1) });
const pixels = z.int().positive().optional();
const uploadSchema = z.strictObject({
  ...credentials,
  file_url: z.string(),
  metadata: z
    .strictObject({
      push_to_talk: z.boolean().optional(),
      data: z.strictObject({ width: pixels, height: pixels }).optional(),
    })
    .optional(),
});
const formSchema = z.strictObject({
  ...credentials,
  'metadata[push_to_talk]': z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional(),
  'metadata[data][width]': z
    .string()
    .regex(/^\d+$/)
    .pipe(z.coerce.number<string>().pipe(z.int().positive()))
    .optional(),
  'metadata[data][height]': z
    .string()
    .regex(/^\d+$/)
    .pipe(z.coerce.number<string>().pipe(z.int().positive()))
    .optional(),
});

/** Undefined for what is refused with 400, as are all of these. */
export function parseV2Send(body: unknown): PactV2Send | undefined {
  const { data } = sendSchema.safeParse(body);
  const said = data && contentOf(data);
  return said && { ...said, repliedToId: data.replied_to_id ?? null };
}

export function parseV2Start(body: unknown): PactV2Start | undefined {
  for (const schema of startSchemas) {
    const { data } = schema.safeParse(body);
    const said = data && contentOf(data);
    if (!said) continue;
    const { provider, ...address } = data as unknown as Record<string, string> &
      Pick<PactContact, 'provider'>;
    return {
      ...said,
      provider,
      contact: address['phone'] ?? address['nickname'] ?? address['vkontakte_id']!,
    };
  }
  return undefined;
}

export function parseV2Update(body: unknown): PactConversationFacts | undefined {
  const { data } = updateSchema.safeParse(body);
  const { operational_state: operationalState, replied_state: repliedState } = data ?? {};
  if (operationalState === undefined && repliedState === undefined) return undefined;
  return { ...(operationalState && { operationalState }), ...(repliedState && { repliedState }) };
}

export function parseV2Delete(body: unknown): readonly number[] | undefined {
  return deleteSchema.safeParse(body).data?.message_ids;
}

/** A file in a form, or the address of one in JSON. */
export function parseV2Upload(body: unknown): PactFile | undefined {
  const { fields, files } = (body ?? {}) as Partial<MultipartBody>;
  if (fields instanceof URLSearchParams && files) return parseForm({ fields, files });
  const { data } = uploadSchema.safeParse(body);
  const file = data && fileElsewhere(data.file_url);
  const { push_to_talk, data: size } = data?.metadata ?? {};
  return file && withTraits(file, { pushToTalk: push_to_talk, ...size });
}

function parseForm({ fields, files }: MultipartBody): PactFile | undefined {
  const { data } = formSchema.safeParse(Object.fromEntries(fields));
  const [file, ...more] = files;
  if (!data || file?.field !== 'file' || more.length > 0) return undefined;
  const { field: _named, ...rest } = file;
  return withTraits(
    { ...rest, sourceUrl: null },
    {
      pushToTalk: data['metadata[push_to_talk]'],
      width: data['metadata[data][width]'],
      height: data['metadata[data][height]'],
    },
  );
}

function withTraits(
  file: PactFile,
  { pushToTalk, width, height }: { [Trait in keyof PactFileTraits]?: PactFileTraits[Trait] | undefined },
): PactFile {
  if (pushToTalk === undefined && width === undefined && height === undefined) return file;
  const traits = { pushToTalk: pushToTalk ?? false, width: width ?? null, height: height ?? null };
  return { ...file, traits };
}

function contentOf(data: {
  text?: string | undefined;
  attachment_ids?: readonly number[] | undefined;
}): PactV2Content | undefined {
  const { text = '', attachment_ids: attachmentIds = [] } = data;
  return text === '' && attachmentIds.length === 0 ? undefined : { text, attachmentIds };
}
