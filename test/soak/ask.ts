import { setTimeout as wait } from 'node:timers/promises';
import type { ParleyProcess } from './stage.ts';
import type { Tally } from './tally.ts';

/** What a client was answered. */
export interface Told {
  readonly data: any;
  readonly codes: readonly string[];
}

export interface Question {
  /** What kind of thing the client does, for the tally. */
  readonly what: string;
  readonly to: ParleyProcess;
  readonly body: string | FormData;
  /** Milliseconds after which the client loses its signal; undefined for one that waits. */
  readonly leavesAfter?: number | undefined;
}

/** No operation takes so long, whatever its provider does; milliseconds. */
const PATIENCE = 30_000;

/** Codes that say how a provider or Redis is doing, or that there is too much to do. Every other one says that something is wrong. */
const EXPECTED = /^(PROVIDER_\w+|OVERLOADED|STORE_UNAVAILABLE)$/;
/** What needs Redis. Everything else goes on without it. */
const NEEDS_STORE = /^(send|repeat|settle|delivery|upload)/;

/** Asks one process once, and counts how that has ended. Undefined where no answer came, for a reason that is none to complain of. */
export async function ask(question: Question, tally: Tally): Promise<Told | undefined> {
  const { what, to, body, leavesAfter } = question;
  const json = typeof body === 'string';
  const leaves = leavesAfter === undefined ? undefined : AbortSignal.timeout(leavesAfter);
  const patience = AbortSignal.timeout(PATIENCE);
  try {
    const response = await fetch(`${to.url}/graphql`, {
      method: 'POST',
      headers: json ? { 'content-type': 'application/json' } : { 'apollo-require-preflight': 'true' },
      body,
      signal: leaves ? AbortSignal.any([leaves, patience]) : patience,
    });
    return judge(question, response.status, (await response.json()) as Answered, tally);
  } catch (error) {
    if (leaves?.aborted) tally.count(what, 'left');
    else if (to.isStopping()) tally.count(what, 'gone');
    else {
      tally.count(what, 'NO ANSWER');
      tally.complain(`${what}: no answer of the ${to.name} process: ${causesOf(error)}`);
      // Whatever is wrong, it is not to be asked a thousand times a second.
      await wait(100);
    }
    return undefined;
  }
}

/** An operation as JSON. */
export function operation(query: string, variables: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ query, variables });
}

interface Answered {
  readonly data?: any;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

function judge({ what, to }: Question, status: number, answer: Answered, tally: Tally): Told | undefined {
  const failed = answer.errors?.map(({ extensions }) => extensions?.code ?? 'NO CODE') ?? [];
  if (status === 503 && failed.length === 1 && failed[0] === 'OVERLOADED') {
    tally.count(what, to.isStopping() ? 'stopping' : 'shed');
    return undefined;
  }
  const codes = [...new Set([...failed, ...codesIn(answer.data)])].sort();
  tally.count(what, codes.length === 0 ? 'ok' : codes.join('+'));
  if (status !== 200) tally.complain(`${what}: status ${status} ${JSON.stringify(answer).slice(0, 300)}`);
  for (const code of codes) {
    const isExpected = EXPECTED.test(code) && (code !== 'STORE_UNAVAILABLE' || NEEDS_STORE.test(what));
    const isFarewell = to.isStopping() && code === 'CANCELLED';
    if (!isExpected && !isFarewell)
      tally.complain(`${what}: ${code} ${JSON.stringify(answer).slice(0, 300)}`);
  }
  return { data: answer.data, codes };
}

/** Of `userErrors` and of `sources`. */
function codesIn(data: any): string[] {
  return Object.values(data ?? {}).flatMap((field: any) => [
    ...(field?.userErrors ?? []).map(({ code }: any) => code),
    ...(field?.sources ?? []).flatMap(({ error }: any) => error?.code ?? []),
  ]);
}

function causesOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${causesOf(cause)}` : message;
}
