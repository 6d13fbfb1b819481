import { z } from 'zod';
import type { MultipartBody, ReceivedFile } from '../core/multipart.ts';

/** A message that somebody wants to write. */
export interface LetstalkSend {
  readonly conversation_id: number;
  readonly content: string;
  readonly content_type: string;
  readonly remote_id: string;
  /** Of a file message only. */
  readonly file?: ReceivedFile;
}

// Fields that letstalk.md does not name are refused: a real provider may well ignore them, but then nobody would notice a typo.
const remote_id = z.guid();

const textMessage = z.strictObject({
  content: z.string().min(1),
  content_type: z.literal('text/plain'),
  remote_id,
});

const jsonMessage = z.strictObject({
  ...textMessage.shape,
  content_type: z.enum(['text/plain', 'actionable/list']),
  conversation_id: z.int().positive(),
});

const actionList = z.strictObject({
  title: z.string().min(1),
  options: z.strictObject({ viewType: z.enum(['list', 'pill']), showItemsIcon: z.boolean() }).optional(),
  items: z
    .array(
      z.discriminatedUnion('type', [
        z.strictObject({
          type: z.literal('link'),
          payload: z.strictObject({
            label: z.string().min(1),
            url: z.url(),
            target: z.enum(['_blank', '_parent']).optional(),
          }),
        }),
        z.strictObject({
          type: z.literal('quick-reply'),
          payload: z.strictObject({ label: z.string().min(1), message: z.string().min(1) }),
        }),
      ]),
    )
    .min(1),
});

const fileFields = z.strictObject({
  content: z.literal('attachment'),
  content_type: z.enum([
    'application/csv',
    'application/geojson',
    'application/msword',
    'application/octet-stream',
    'application/pdf',
    'application/vnd.ms-excel',
    'application/vnd.ms-powerpoint',
    'application/vnd.openxmlformats-officedocument.presentationml.presentation',
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    'audio/mp3',
    'image/bmp',
    'image/gif',
    'image/jpeg',
    'image/jpg',
    'image/png',
    'image/tiff',
    'image/x-tiff',
    'text/comma-separated-values',
    'text/csv',
    'video/mov',
    'video/mp4',
    'video/quicktime',
  ]),
  conversation_id: z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number),
  remote_id,
});

const newConversation = z.strictObject({
  issue: z.string().optional(),
  message: textMessage,
  organization_id: z.int().positive(),
  inquiry_id: z.int().positive().optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});

/** A conversation that a client wants to start. */
export type LetstalkStart = z.infer<typeof newConversation>;

/** Undefined for what is refused with 400. */
export function parseSend(body: unknown): LetstalkSend | undefined {
  if (isMultipart(body)) return parseFileMessage(body);
  const message = jsonMessage.safeParse(body).data;
  const list = message?.content_type === 'actionable/list';
  return list && !actionList.safeParse(parseJson(message.content)).success ? undefined : message;
}

/** Undefined for what is refused with 400. */
export function parseStart(body: unknown): LetstalkStart | undefined {
  return newConversation.safeParse(body).data;
}

/** Whether it is the one change of a conversation that letstalk.md names. */
export function asksToClose(body: unknown): boolean {
  return z.strictObject({ status: z.literal('Closed') }).safeParse(body).success;
}

/** Undefined for what is no object. */
export function parseMetadata(body: unknown): Record<string, unknown> | undefined {
  return z.record(z.string(), z.unknown()).safeParse(body).data;
}

function parseFileMessage({ fields, files }: MultipartBody): LetstalkSend | undefined {
  const names = [...fields.keys()];
  const [file] = files;
  const parsed = fileFields.safeParse(Object.fromEntries(fields));
  if (!parsed.success || new Set(names).size < names.length) return undefined;
  return file?.field === 'media' && files.length === 1 ? { ...parsed.data, file } : undefined;
}

function isMultipart(body: unknown): body is MultipartBody {
  return (
    typeof body === 'object' && body !== null && 'fields' in body && body.fields instanceof URLSearchParams
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
