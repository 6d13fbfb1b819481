import type { ReadContext } from '../messaging/provider.ts';
import type { Accounts } from '../messaging/registry.ts';
import type { Span } from '../messaging/span.ts';

export interface Batch {
  /** What the operation reads with. */
  readonly read: ReadContext;
  readonly accounts: Accounts;
  /** What is done, in words. */
  readonly name: string;
  /** What is asked for. */
  readonly refs: readonly { readonly accountId: string }[];
}

/** Loads a batch, which in a trace stands between the operation and the calls that it takes. */
export function traced<T>(batch: Batch, load: (read: ReadContext) => Promise<T>): Promise<T> {
  const { span } = batch.read;
  return span ? loadUnder(span, batch, load) : load(batch.read);
}

async function loadUnder<T>(parent: Span, batch: Batch, load: (read: ReadContext) => Promise<T>): Promise<T> {
  const { read, name } = batch;
  const span = parent.child(name, {
    'parley.batch.size': batch.refs.length,
    'parley.accounts': accountsOf(batch),
  });
  try {
    const loaded = await load(under(span, read));
    // Of several, some may fail by themselves.
    const failed: unknown = Array.isArray(loaded) && loaded.find((outcome) => outcome instanceof Error);
    span.end(failed instanceof Error ? codeOf(failed) : undefined);
    return loaded;
  } catch (error) {
    span.end(codeOf(error));
    throw error;
  }
}

/** The same context, with the calls that are made with it below a span. Its deadline is renewed after a write, and stays the one it is. */
function under(span: Span, read: ReadContext): ReadContext {
  const properties = { ...Object.getOwnPropertyDescriptors(read), span: { value: span, enumerable: true } };
  return Object.defineProperties({}, properties) as ReadContext;
}

/** Those that the caller may use: anything else that stands there is the caller's own words. */
function accountsOf({ accounts, refs }: Batch): string {
  const ids = new Set(refs.map(({ accountId }) => accountId));
  return [...ids]
    .filter((id) => accounts.get(id))
    .sort()
    .join(',');
}

function codeOf(error: unknown): string {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' ? code : 'INTERNAL_SERVER_ERROR';
}
