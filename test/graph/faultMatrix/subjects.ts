import { wellKnown } from '../../../src/sandbox/index.ts';
import { PACT_V2 } from '../../pactV2Account.ts';

/** What the matrix asks of each adapter. */
export interface Subject {
  readonly name: string;
  readonly provider: 'pact' | 'letstalk' | 'pigeons';
  readonly accountId: string;
  /** Two of its conversations, by the provider's ids; the first one takes messages. */
  readonly conversations: readonly [string, string];
  /** A conversation of another account, which nothing may happen to. */
  readonly healthy: { readonly accountId: string; readonly externalId: string };
  /** The call that sends, and the one that reads messages. */
  readonly sendCall: string;
  readonly messagesCall: string;
  /** Where the rows of its messages are in their answer. */
  readonly rowsOf: (body: any) => any[];
  readonly withRows: (body: any, rows: any[]) => any;
  /** The most calls of an operation below, retries counted. */
  readonly maxCalls: number;
}

const pact = { accountId: 'sales', externalId: String(wellKnown.pact.business) };
const pigeons = { accountId: 'app', externalId: wellKnown.pigeons.documented };

export const SUBJECTS: readonly Subject[] = [
  {
    ...{ name: 'Pact v2', provider: 'pact', accountId: PACT_V2 },
    conversations: [String(wellKnown.pact.documented), String(wellKnown.pact.business)],
    healthy: pigeons,
    ...{ sendCall: 'v2SendMessage', messagesCall: 'v2Messages' },
    rowsOf: (body) => body.data,
    withRows: (body, data) => ({ ...body, data }),
    maxCalls: 12,
  },
  {
    ...{ name: 'Pact', provider: 'pact' },
    accountId: 'sales',
    conversations: [String(wellKnown.pact.documented), String(wellKnown.pact.business)],
    healthy: pigeons,
    ...{ sendCall: 'sendMessage', messagesCall: 'messages' },
    rowsOf: (body) => body.data.messages,
    withRows: (body, messages) => ({ ...body, data: { ...body.data, messages } }),
    maxCalls: 12,
  },
  {
    ...{ name: 'Letstalk', provider: 'letstalk' },
    accountId: 'support',
    conversations: [String(wellKnown.letstalk.documented), String(wellKnown.letstalk.second)],
    healthy: pact,
    ...{ sendCall: 'sendMessage', messagesCall: 'messages' },
    rowsOf: (body) => body,
    withRows: (_body, rows) => rows,
    maxCalls: 24,
  },
  {
    ...{ name: 'Pigeons', provider: 'pigeons' },
    accountId: 'app',
    conversations: [wellKnown.pigeons.documented, wellKnown.pigeons.long],
    healthy: pact,
    ...{ sendCall: 'sendMessage', messagesCall: 'messages' },
    rowsOf: (body) => body.data,
    withRows: (body, data) => ({ ...body, data }),
    maxCalls: 12,
  },
];
