import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import { ParleyError } from '../../src/messaging/errors.ts';
import type { Store } from '../../src/messaging/store.ts';

const LONG = 60_000;

/** The error of a call that must fail as the port says. */
export async function refusal(call: Promise<unknown>): Promise<ParleyError> {
  const outcome: unknown = await call.then(
    (value) => ({ value }),
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(ParleyError);
  expect(outcome).toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
  return outcome as ParleyError;
}

/** The same of each method, for a key that is not looked at: a write that failed may still come about. */
export function refusals(store: Store): Promise<ParleyError[]> {
  const key = randomUUID();
  return Promise.all([
    refusal(store.get(key)),
    refusal(store.create(key, 'one', LONG)),
    refusal(store.replace(key, 'one', 'two', LONG)),
    refusal(store.remove(key, 'one')),
  ]);
}
