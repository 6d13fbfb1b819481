import { createAbort } from '../messaging/abort.ts';
import { InputError } from '../messaging/errors.ts';
import type { DeliveryRef } from '../messaging/ids.ts';
import type { Delivery } from '../messaging/provider.ts';
import type { GraphContext } from './context.ts';

/** Milliseconds between two looks at a send of which no event tells. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;

/**
 * A delivery as it is now, and whenever there is news of it, until nothing more can come. Events of its account say when to look; where
 * none come, it is looked at now and then, less and less often.
 */
export async function* followDelivery(
  ref: DeliveryRef,
  { sending, events, caller, accounts, read }: GraphContext,
) {
  const account = accounts.get(ref.accountId);
  let shown: Delivery | null = account ? await sending.delivery(ref, caller) : null;
  if (!account || !shown) throw new InputError('id', 'The argument "id" names no delivery of the caller.');
  yield shown;
  const isGone = () => read.signal.aborted;
  // Of its own: who waits for an event can be told in no other way that none is wanted any more.
  const over = createAbort();
  const end = () => over.abort();
  read.signal.addEventListener('abort', end, { once: true });
  if (isGone()) end();
  const follows = account.provider.actor
    ? undefined
    : events.follow({ accounts: [account], signal: over.signal });
  try {
    let pause = FIRST_PAUSE;
    const goOn = () => {
      const event = follows!.next();
      // It may fail while something else is waited for.
      event.catch(() => undefined);
      return event;
    };
    let next = follows && goOn();
    while (!isOver(shown) && !isGone()) {
      const { isEvent } = await either(next, pause, read.signal);
      if (isEvent) {
        const { done, value } = await next!;
        next = done ? undefined : goOn();
        if (!done && value.change.kind !== 'DELIVERY_UPDATED' && value.change.kind !== 'MESSAGE_ADDED')
          continue;
      } else {
        pause = Math.min(pause * 2, LONGEST_PAUSE);
      }
      if (isGone()) return;
      const now: Delivery | null = await sending.delivery(ref, caller).catch(() => shown);
      if (!now) return;
      if (isSame(now, shown)) continue;
      shown = now;
      yield now;
    }
  } finally {
    read.signal.removeEventListener('abort', end);
    end();
    await follows?.return();
  }
}

function isOver({ state }: Delivery): boolean {
  return state === 'READ' || state === 'FAILED';
}

function isSame(a: Delivery, b: Delivery): boolean {
  return JSON.stringify({ ...a, asOf: '' }) === JSON.stringify({ ...b, asOf: '' });
}

/** Whichever comes first: an event, or the end of a pause. */
async function either(
  event: Promise<unknown> | undefined,
  pause: number,
  signal: AbortSignal,
): Promise<{ isEvent: boolean }> {
  let timer: NodeJS.Timeout | undefined;
  let end: (() => void) | undefined;
  const paused = new Promise<{ isEvent: boolean }>((resolve) => {
    end = () => resolve({ isEvent: false });
    timer = setTimeout(end, pause);
    signal.addEventListener('abort', end, { once: true });
  });
  try {
    return await Promise.race([paused, ...(event ? [event.then(() => ({ isEvent: true }))] : [])]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end!);
  }
}
