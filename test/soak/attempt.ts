import { ask, operation } from './ask.ts';
import type { Ledger, Sending } from './ledger.ts';
import type { ParleyProcess } from './stage.ts';
import type { Tally } from './tally.ts';

const DELIVERY = `id state evidence message { externalId }`;
const SEND = `mutation Send($input: SendMessageInput!) {
  sendMessage(input: $input) {
    message { externalId }
    delivery { ${DELIVERY} }
    userErrors { code retryable }
  }
}`;
const LOOK = `query Delivery($id: ID!) { delivery(id: $id) { ${DELIVERY} } }`;

export interface Attempt {
  readonly sending: Sending;
  readonly what: string;
  readonly to: ParleyProcess;
  readonly leavesAfter?: number | undefined;
}

/** Where everything is written down. */
export interface Books {
  readonly tally: Tally;
  readonly ledger: Ledger;
}

/** Sends, or repeats, and notes what was told. Gives whether it was told that nothing was sent, and that asking again is of no use. */
export async function attempt({ sending, what, to, leavesAfter }: Attempt, books: Books): Promise<boolean> {
  const input = { ...sending.input, idempotencyKey: sending.key };
  const before = sending.state;
  sending.underWay += 1;
  const told = await ask({ what, to, body: operation(SEND, { input }), leavesAfter }, books.tally);
  sending.underWay -= 1;
  const payload = told?.data?.sendMessage;
  if (!payload) {
    // What was turned away has not begun; but who can tell that from what was lost later?
    sending.lost += 1;
    return false;
  }
  if (payload.delivery) {
    const messageId = payload.message?.externalId ?? payload.delivery.message?.externalId;
    note({ ...payload.delivery, messageId }, { sending, before }, books);
    return false;
  }
  if (sending.state === 'unknown') sending.state = 'open';
  return !payload.userErrors.some(({ retryable }: any) => retryable);
}

/** Looks what has become of a send, without sending. */
export async function look({ sending, what, to }: Attempt, books: Books): Promise<void> {
  const before = sending.state;
  const told = await ask({ what, to, body: operation(LOOK, { id: sending.deliveryId }) }, books.tally);
  const delivery = told?.data?.delivery;
  if (delivery) note({ ...delivery, messageId: delivery.message?.externalId }, { sending, before }, books);
}

interface Delivery {
  readonly id: string;
  readonly state: string;
  readonly evidence: string;
  readonly messageId: string | undefined;
}

const ARRIVED = ['SENT', 'DELIVERED', 'READ'];

/** @param before what was known of it when the question was asked: answers can overtake each other */
function note(
  { id, state, evidence, messageId }: Delivery,
  { sending, before }: { readonly sending: Sending; readonly before: Sending['state'] },
  { tally, ledger }: Books,
): void {
  const wrong = (problem: string) => {
    tally.complain(`${sending.provider}, ${sending.mark}: ${problem}`);
  };
  sending.deliveryId = id;
  if (ARRIVED.includes(state)) {
    if (messageId !== undefined && sending.messageId !== null && messageId !== sending.messageId)
      wrong(`was message ${sending.messageId}, and then ${messageId}`);
    sending.messageId = messageId ?? sending.messageId;
    if (sending.state === 'refused') wrong('was sent after everybody was told that it was not');
    if (sending.state !== 'sent') ledger.settle(sending);
    return;
  }
  if (before === 'sent') wrong(`was sent, and then ${state}`);
  if (sending.state === 'sent') return;
  if (state === 'QUEUED') sending.state = 'queued';
  else if (state === 'UNKNOWN') sending.state = 'unknown';
  else sending.state = evidence === 'NONE' ? 'open' : 'failed';
}
