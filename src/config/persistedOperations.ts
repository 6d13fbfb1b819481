import { readFileSync } from 'node:fs';
import { parse } from 'graphql';
import { z } from 'zod';

const KINDS = ['apq', 'off', 'safelist'] as const;

/** The environment variables of persisted operations. */
export const persistedVariables = {
  PERSISTED_OPERATIONS: z.enum(KINDS, { error: `must be one of ${KINDS.join(', ')}` }).default('apq'),
  PERSISTED_OPERATIONS_MANIFEST: z.string().optional(),
};

type PersistedSettings = z.output<z.ZodObject<typeof persistedVariables>>;

/**
 * What a client may send instead of a document: its hash, once the server knows it (`apq`), only the ids of operations
 * that were listed before (`safelist`), or nothing (`off`).
 */
export type PersistedOperations =
  | { readonly kind: 'apq' | 'off' }
  /** Documents by id. */
  | { readonly kind: 'safelist'; readonly documents: ReadonlyMap<string, string> };

/** The format that Apollo's own tool writes. */
const manifest = z.object({
  format: z.literal('apollo-persisted-query-manifest', {
    error: 'must be "apollo-persisted-query-manifest"',
  }),
  version: z.literal(1, { error: 'must be 1' }),
  operations: z
    .array(z.object({ id: z.string().min(1).max(512), body: z.string().min(1) }), { error: 'must be a list' })
    .min(1, 'must list at least one operation'),
});

export function problemsOfPersisted(
  settings: PersistedSettings,
): readonly { path: string; message: string }[] {
  const { PERSISTED_OPERATIONS: kind, PERSISTED_OPERATIONS_MANIFEST: path } = settings;
  if ((kind === 'safelist') === (path !== undefined)) return [];
  const message =
    kind === 'safelist'
      ? 'is missing: PERSISTED_OPERATIONS=safelist needs it'
      : 'needs PERSISTED_OPERATIONS=safelist';
  return [{ path: 'PERSISTED_OPERATIONS_MANIFEST', message }];
}

/** Reads the manifest where there is one. */
export function readPersistedOperations(settings: PersistedSettings): {
  readonly operations?: PersistedOperations;
  readonly problems: readonly string[];
} {
  const { PERSISTED_OPERATIONS: kind, PERSISTED_OPERATIONS_MANIFEST: path } = settings;
  if (kind !== 'safelist') return { operations: { kind }, problems: [] };
  if (path === undefined) return { problems: [] };
  const complain = (problem: string) => `PERSISTED_OPERATIONS_MANIFEST (${path}): ${problem}`;
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const { code = 'no JSON' } = error as NodeJS.ErrnoException;
    return { problems: [complain(`can't be read (${code})`)] };
  }
  const parsed = manifest.safeParse(json);
  if (!parsed.success) {
    return {
      problems: parsed.error.issues.map((issue) => complain(`${issue.path.join('.')}: ${issue.message}`)),
    };
  }
  const unreadable = parsed.data.operations.flatMap(({ body }, index) =>
    isDocument(body) ? [] : [complain(`operations.${index}.body: is no GraphQL`)],
  );
  if (unreadable.length > 0) return { problems: unreadable };
  const documents = new Map(parsed.data.operations.map(({ id, body }) => [id, body]));
  return { operations: { kind, documents }, problems: [] };
}

function isDocument(body: string): boolean {
  try {
    parse(body, { noLocation: true });
    return true;
  } catch {
    return false;
  }
}
