/** Subscribers in two processes, one for each transport, so that whoever tells them is the one that is measured. */
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import type { Answer, Order, Transport } from './clients.ts';
import { endProcess } from './endProcess.ts';
import { now } from './now.ts';

export const TRANSPORTS: readonly Transport[] = ['websocket', 'sse'];

export interface Crowd {
  /** Has that many of a transport, spread over the conversations. */
  open(transport: Transport, count: number): Promise<void>;
  /** Has one message told in each conversation, one after the other; gives the milliseconds until it came to each of its subscribers. */
  tell(text: string): Promise<readonly (readonly number[])[]>;
  /** All subscriptions end. */
  leave(): Promise<void>;
  end(): Promise<void>;
  readonly children: readonly ChildProcess[];
}

export interface CrowdOptions {
  readonly url: string;
  readonly conversationIds: readonly string[];
  /** Tells of one message in one conversation; resolves once it has been taken. */
  readonly post: (conversation: number, text: string) => Promise<void>;
  readonly failed: (reason: string) => void;
}

/** Milliseconds that anything may take. */
const PATIENCE = 120_000;
/** Milliseconds until the last have begun: a WebSocket is not told. */
const BEGINNING = 1_000;

export function createCrowd({ url, conversationIds, post, failed }: CrowdOptions): Crowd {
  const groups = TRANSPORTS.map((transport) => ({ transport, count: 0, ...createGroup(failed) }));
  return {
    async open(transport, count) {
      const group = groups.find((one) => one.transport === transport)!;
      const opened = group.until('opened');
      group.order({ kind: 'open', transport, url, conversationIds, count });
      await opened;
      group.count = count;
      await wait(BEGINNING);
    },

    async tell(text) {
      const expecting = Promise.all(groups.map(({ until }) => until('expecting')));
      for (const { order, count } of groups) order({ kind: 'expect', count, text });
      await expecting;
      const arrived = Promise.all(groups.map(({ until }) => until('arrived')));
      const posted: number[] = [];
      for (const conversation of conversationIds.keys()) {
        posted.push(now());
        await post(conversation, text);
      }
      const events = conversationIds.map((): number[] => []);
      for (const { conversations, times } of await arrived)
        for (const [index, conversation] of conversations.entries())
          events[conversation]!.push(times[index]! - posted[conversation]!);
      return events;
    },

    async leave() {
      const closed = Promise.all(groups.map(({ until }) => until('closed')));
      for (const group of groups) {
        group.order({ kind: 'close' });
        group.count = 0;
      }
      await closed;
    },

    async end() {
      await Promise.all(groups.map(({ child }) => endProcess(child)));
    },

    children: groups.map(({ child }) => child),
  };
}

function createGroup(failed: (reason: string) => void) {
  const child = fork(fileURLToPath(new URL('clients.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
    serialization: 'advanced',
  });
  const waiting = new Map<Answer['kind'], (answer: Answer) => void>();
  child.on('message', (answer: Answer) => {
    if (answer.kind === 'failed') failed(answer.reason);
    waiting.get(answer.kind)?.(answer);
  });
  return {
    child,
    order: (order: Order) => void child.send(order),
    until: <Kind extends Answer['kind']>(kind: Kind): Promise<Answer & { readonly kind: Kind }> =>
      new Promise((resolve) => {
        const timer = setTimeout(() => failed(`waited too long until ${kind}`), PATIENCE);
        waiting.set(kind, (answer) => {
          clearTimeout(timer);
          waiting.delete(kind);
          resolve(answer as Answer & { readonly kind: Kind });
        });
      }),
  };
}
