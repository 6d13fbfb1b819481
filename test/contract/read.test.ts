import { wellKnown } from '../../src/sandbox/index.ts';
import { PACT_V2 } from '../pactV2Account.ts';
import { describeReading } from './readContract.ts';

describeReading('Pact', ({ pact }) => ({
  accountId: 'sales',
  emulator: pact,
  conversations: named({ ...wellKnown.pact, unknown: 999_999 }),
  stored: (id) => pact.messages(Number(id)).map((row) => String(row.external_id)),
  arrive: (id) => String(pact.addMessage(Number(id), { message: 'new', income: true }).external_id),
  callsForOldest: 1,
  spoilFirstRow: (body: any) => {
    delete body.data.messages[0].external_id;
    return body;
  },
}));

describeReading('Pact v2', ({ pact }) => ({
  accountId: PACT_V2,
  emulator: pact,
  conversations: named({ ...wellKnown.pact, unknown: 999_999 }),
  stored: (id) => pact.messages(Number(id)).map((row) => String(row.external_id)),
  arrive: (id) => String(pact.addMessage(Number(id), { message: 'new', income: true }).external_id),
  callsForOldest: 2,
  spoilFirstRow: (body: any) => {
    delete body.data[0].id;
    return body;
  },
}));

describeReading('Letstalk', ({ letstalk }) => ({
  accountId: 'support',
  emulator: letstalk,
  conversations: named({ ...wellKnown.letstalk, unknown: 999_999_999 }),
  stored: (id) => letstalk.messages(Number(id)).map((row) => String(row.id)),
  arrive: (id) => String(letstalk.addMessage(Number(id), { content: 'new' }).id),
  callsForOldest: 1,
  spoilFirstRow: (body: any) => {
    body[0].created_at = 'yesterday';
    return body;
  },
}));

describeReading('Pigeons', ({ pigeons }) => ({
  accountId: 'app',
  emulator: pigeons,
  conversations: named({
    long: wellKnown.pigeons.long,
    empty: wellKnown.pigeons.justCreated,
    sameTime: wellKnown.pigeons.sameTime,
    unknown: '550e8400-e29b-41d4-a716-446655449999',
  }),
  stored: (id) =>
    pigeons
      .messages(id)
      .toSorted((a, b) => compare([a.timestamps.sent_at, a.message_id], [b.timestamps.sent_at, b.message_id]))
      .map((row) => row.message_id),
  arrive: (id) => pigeons.addMessage(id).message_id,
  callsForOldest: 1,
  spoilFirstRow: (body: any) => {
    body.data[0].timestamps = [];
    return body;
  },
}));

function named(ids: Record<'long' | 'empty' | 'sameTime' | 'unknown', number | string>) {
  const { long, empty, sameTime, unknown } = ids;
  return { long: String(long), empty: String(empty), sameTime: String(sameTime), unknown: String(unknown) };
}

function compare(a: readonly string[], b: readonly string[]): number {
  const [left, right] = [a.join(' '), b.join(' ')];
  return left === right ? 0 : left < right ? -1 : 1;
}
