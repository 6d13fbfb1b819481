import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseDeliveryId } from '../../src/messaging/ids.ts';
import type { Progress } from '../../src/messaging/outgoing.ts';
import { progressOf } from '../../src/messaging/outgoing.ts';
import type { PartRecord, SendRecord, Step } from '../../src/messaging/sendRecord.ts';
import {
  isFree,
  moveForward,
  nextPart,
  scopeOf,
  toDelivery,
  toFailedDelivery,
  withStep,
  withTry,
} from '../../src/messaging/sendRecord.ts';
import { userError } from '../../src/messaging/userErrors.ts';

const OWN = { token: 't', from: '2026-01-01T00:00:00.000Z', until: '2026-01-01T00:00:15.000Z' };
const AS_OF = '2026-01-01T00:01:00.000Z';
const REFUSAL = userError('PROVIDER_RATE_LIMITED', 'conversationId', 'Too many at once.');

const SENT: Progress = progressOf({ state: 'SENT', evidence: 'RESPONSE', final: true, messageId: 'm1' });
const WAITING: Step = { at: 'WAITING', refusal: null, asOf: AS_OF };
const STEPS = {
  waiting: WAITING,
  refused: { at: 'WAITING', refusal: REFUSAL, asOf: AS_OF },
  sending: { at: 'SENDING', ...OWN },
  lost: { at: 'LOST', ...OWN, asOf: AS_OF },
  taken: { at: 'TAKEN', progress: SENT, asOf: AS_OF },
} as const satisfies Record<string, Step>;

function partOf(step: Step, attempt = 1): PartRecord {
  return { name: 'name', digest: 'digest', fileCount: 0, attempt, step };
}

function recordOf(...steps: Step[]): SendRecord {
  const parts = steps.map((step) => partOf(step));
  return { viewerId: 'v', accountId: 'acc', conversationId: '7', fingerprint: 'f', start: null, parts };
}

const step = fc.constantFrom<Step[]>(...Object.values(STEPS));
const steps = fc.array(step, { minLength: 1, maxLength: 5 });

describe('a record', () => {
  it('is free exactly while nothing of it has gone out, nor may have', () => {
    fc.assert(
      fc.property(steps, (steps) => {
        expect(isFree(recordOf(...steps))).toBe(!steps.some(({ at }) => at !== 'WAITING'));
      }),
    );
  });

  it('is dealt with from its first part on: nothing goes out past one that is not taken', () => {
    fc.assert(
      fc.property(steps, (steps) => {
        const index = nextPart(recordOf(...steps));
        const before = index === -1 ? steps : steps.slice(0, index);
        expect(before.every(({ at }) => at === 'TAKEN')).toBe(true);
        expect(steps[index]?.at).not.toBe('TAKEN');
      }),
    );
  });

  it('changes in one part only, and counts the tries of each', () => {
    fc.assert(
      fc.property(steps, fc.nat(), step, (steps, place, changed) => {
        const record = recordOf(...steps);
        const index = place % steps.length;
        const tried = withTry(record, index, OWN);
        expect(tried.parts[index]).toEqual(partOf({ at: 'SENDING', ...OWN }, 2));
        const ended = withStep(tried, index, changed);
        expect(ended.parts[index]).toEqual(partOf(changed, 2));
        const others = (parts: readonly PartRecord[]) => parts.toSpliced(index, 1);
        expect(others(ended.parts)).toEqual(others(record.parts));
        expect(record).toEqual(recordOf(...steps));
      }),
    );
  });
});

describe('the name of a record', () => {
  it('is another for each viewer, mutation and key, however they run together', () => {
    const name = fc.constantFrom('', 'a', 'b', 'ab', 'a"', '","', '["a', 'a,b', '\\');
    const parts = fc.tuple(name, name, name);
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        expect(scopeOf(...one) === scopeOf(...other)).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
      { numRuns: 500 },
    );
  });
});

const STATES = ['UNKNOWN', 'QUEUED', 'SENT', 'DELIVERED', 'READ'] as const;
const FACTS = ['messageId', 'job', 'sentAt', 'deliveredAt', 'readAt'] as const;

const state = fc.constantFrom(...STATES, 'FAILED' as const);
const fact = fc.option(fc.constantFrom('1', '2'));
const progress: fc.Arbitrary<Progress> = state.chain((state) =>
  fc.record({
    state: fc.constant(state),
    evidence: fc.constantFrom('RESPONSE', 'JOB', 'HISTORY', 'EVENT'),
    messageId: fact,
    job: fact,
    final: fc.boolean(),
    sentAt: fact,
    deliveredAt: fact,
    readAt: fact,
    failureReason: state === 'FAILED' ? fact : fc.constant(null),
  }),
);
const news = fc.array(progress, { minLength: 1, maxLength: 6 });

/** What is known after each piece of news. */
function follow([first, ...rest]: readonly Progress[]): Progress[] {
  const known = [first!];
  for (const each of rest) known.push(moveForward(known.at(-1)!, each));
  return known;
}

describe('what becomes known of a message', () => {
  it('moves its state only forward, and to FAILED only before it was delivered', () => {
    fc.assert(
      fc.property(news, (news) => {
        const states = follow(news).map(({ state }) => state);
        for (const [index, later] of states.entries()) {
          const earlier = states[index - 1];
          if (earlier === undefined || later === earlier) continue;
          expect(earlier).not.toBe('FAILED');
          if (later === 'FAILED') expect(['UNKNOWN', 'QUEUED', 'SENT']).toContain(earlier);
          else expect(STATES.indexOf(later)).toBeGreaterThan(STATES.indexOf(earlier as (typeof STATES)[0]));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is never forgotten again', () => {
    fc.assert(
      fc.property(news, (news) => {
        const known = follow(news);
        for (const [index, later] of known.entries()) {
          const earlier = known[index - 1];
          if (!earlier) continue;
          for (const fact of FACTS) if (earlier[fact] !== null) expect(later[fact]).not.toBeNull();
          if (earlier.failureReason !== null) expect(later.failureReason).not.toBeNull();
          if (earlier.final) expect(later).toEqual(earlier);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is learned also from news that is late: whose message it is is not told twice', () => {
    fc.assert(
      fc.property(news, (news) => {
        const known = follow(news);
        const open = known.findIndex(({ final }) => final);
        const heard = open === -1 ? news : news.slice(0, open + 1);
        for (const fact of FACTS)
          expect(known.at(-1)![fact] !== null).toBe(heard.some((each) => each[fact] !== null));
      }),
      { numRuns: 500 },
    );
  });

  it('has a reason of failure only when it has failed', () => {
    fc.assert(
      fc.property(news, (news) => {
        const { state, failureReason } = follow(news).at(-1)!;
        if (state !== 'FAILED') expect(failureReason).toBeNull();
      }),
      { numRuns: 200 },
    );
  });
});

describe('a part as callers see it', () => {
  const deliveryOf = (step: Step, conversationId: string | null = '7') =>
    toDelivery('scope', { ...recordOf(WAITING, step), conversationId }, 1);

  it('has an id that names its try', () => {
    for (const step of Object.values(STEPS)) {
      expect(parseDeliveryId(deliveryOf(step).id)).toEqual({
        accountId: 'acc',
        scope: 'scope',
        part: 1,
        attempt: 1,
      });
    }
  });

  it('has no id before its first try: there is no delivery to ask for', () => {
    const record = { ...recordOf(WAITING), parts: [partOf(WAITING, 0)] };
    expect(toDelivery('scope', record, 0)).toMatchObject({ id: null, state: 'FAILED' });
  });

  it.each<[keyof typeof STEPS, string, string]>([
    ['waiting', 'FAILED', AS_OF],
    ['refused', 'FAILED', AS_OF],
    ['sending', 'QUEUED', OWN.from],
    ['lost', 'UNKNOWN', AS_OF],
  ])('that is %s is %s, and claims no message and no evidence', (at, state, asOf) => {
    expect(deliveryOf(STEPS[at])).toMatchObject({
      state,
      asOf,
      evidence: 'NONE',
      message: null,
      sentAt: null,
      deliveredAt: null,
      readAt: null,
    });
  });

  it('says why it was not sent only where it was not', () => {
    expect(deliveryOf(STEPS.waiting).failureReason).toMatch(/^Not sent\. .*same key/);
    expect(deliveryOf(STEPS.refused).failureReason).toMatch(/^Not sent: Too many at once\. .*same key/);
    expect(toFailedDelivery('id', AS_OF)).toMatchObject({ id: 'id', state: 'FAILED', asOf: AS_OF });
    expect(deliveryOf(STEPS.sending).failureReason).toBeNull();
    expect(deliveryOf(STEPS.lost).failureReason).toBeNull();
  });

  it('that was taken is what the provider says, and nothing that is only ours', () => {
    fc.assert(
      fc.property(progress, fc.option(fc.constant('7')), (progress, conversationId) => {
        const delivery = deliveryOf({ at: 'TAKEN', progress, asOf: AS_OF }, conversationId);
        const { messageId, job: _job, final: _final, ...told } = progress;
        const message =
          messageId === null || conversationId === null
            ? null
            : { accountId: 'acc', conversationExternalId: '7', externalId: messageId };
        expect(delivery).toEqual({ ...told, id: delivery.id, asOf: AS_OF, message });
      }),
    );
  });
});
