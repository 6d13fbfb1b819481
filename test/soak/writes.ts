import type { Random } from '../../src/sandbox/content/random.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import type { ProviderKey } from '../e2e/chaos/plan.ts';
import { PROVIDERS } from '../e2e/chaos/plan.ts';
import { ask } from './ask.ts';
import type { Books } from './attempt.ts';
import { attempt, look } from './attempt.ts';
import type { Sending } from './ledger.ts';
import type { NextPlace } from './places.ts';
import type { Action, Actions } from './reads.ts';
import type { ParleyProcess } from './stage.ts';

const UPLOAD = `mutation ($input: UploadAttachmentInput!) {
  uploadAttachment(input: $input) { attachment { id byteSize } userErrors { code retryable } }
}`;

/** What every provider takes, by its first bytes. */
const PNG = new Uint8Array([
  0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52,
]);

/** Sends, the same ones again at whichever process, looks at what has become of them, and uploads. */
export function createWrites(books: Books, nextPlace: NextPlace): Actions {
  const { ledger, tally } = books;

  const send: Action = async (random, pick) => {
    const sending = newSending(random.pick(PROVIDERS), random);
    const leavesAfter = random.chance(0.2) ? random.between(0, 80) : undefined;
    // A phone that has lost its signal asks again, as often as not by another process and before the first one is done.
    const tries = Array.from({ length: random.chance(0.25) ? 2 : 1 }, () =>
      attempt({ sending, what: 'send', to: pick(), leavesAfter }, books),
    );
    await Promise.all(tries);
  };

  const repeat: Action = async (random, pick) => {
    const known = [...ledger.pending().slice(0, 20), ...ledger.sent];
    if (known.length === 0) return;
    await attempt({ sending: random.pick(known), what: 'repeat', to: pick() }, books);
  };

  const lookAtOne: Action = async (random, pick) => {
    const known = ledger.pending().filter(({ deliveryId }) => deliveryId !== null);
    if (known.length > 0) await look({ sending: random.pick(known), what: 'delivery', to: pick() }, books);
  };

  const upload: Action = async (random, pick) => {
    const isLarge = random.chance(0.1);
    const bytes = isLarge ? random.between(500_000, 3_000_000) : random.between(1, 20_000);
    await uploadFile(pick(), bytes, random.chance(0.2) ? random.between(0, 40) : undefined, random);
  };

  return [
    [8, send],
    [3, repeat],
    [2, lookAtOne],
    [2, upload],
  ];

  function newSending(provider: ProviderKey, random: Random): Sending {
    const mark = `soak ${random.uuid()}`;
    const input = { conversationId: nextPlace(provider), text: mark };
    return ledger.add({ provider, key: random.uuid(), mark, input, hasFile: false });
  }

  async function uploadFile(
    to: ParleyProcess,
    bytes: number,
    leavesAfter: number | undefined,
    random: Random,
  ) {
    const form = new FormData();
    const input = { conversationId: nextPlace(random.pick(PROVIDERS)), file: null };
    form.set('operations', JSON.stringify({ query: UPLOAD, variables: { input } }));
    form.set('map', '{"0":["variables.input.file"]}');
    form.set('0', new Blob([PNG, new Uint8Array(bytes)]), 'picture.png');
    await ask({ what: 'upload', to, body: form, leavesAfter }, tally);
  }
}

/** The weather has cleared: asks for every key that has not ended until it has, or until only Pact could tell, which it may never. */
export async function settleAll(
  { ledger, tally }: Books,
  { sandbox, pick }: { sandbox: Sandbox; pick: () => ParleyProcess },
): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const pending = ledger.pending();
    const open = pending.filter(
      (one) => one.state !== 'unknown' || one.provider !== 'pact' || round < PACT_ROUNDS,
    );
    if (open.length === 0) return;
    for (let at = 0; at < open.length; at += AT_ONCE) {
      const some = open.slice(at, at + AT_ONCE);
      await Promise.all(
        some.map(async (sending) => {
          if (await attempt({ sending, what: 'settle', to: pick() }, { ledger, tally }))
            sending.state = 'refused';
        }),
      );
    }
    sandbox.pact.settleJobs();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

const MOST_ROUNDS = 60;
const PACT_ROUNDS = 5;
const AT_ONCE = 8;

/** Every message of the soak that is at the providers, by its mark. */
export function storedMarks({ pact, letstalk, pigeons }: Sandbox): Map<string, number> {
  const texts = [
    ...pact.stored().jobs.map(({ text }) => text),
    ...letstalk.stored().messages.map(({ content }) => content),
    ...pigeons.stored().messages.map(({ text }) => text),
  ];
  const counts = new Map<string, number>();
  for (const text of texts)
    if (typeof text === 'string' && text.startsWith('soak ')) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}
