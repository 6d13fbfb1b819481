import { describe, expect, it } from '@jest/globals';
import type { StartConversation } from '../../src/messaging/outgoing.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import { PACT_V2 } from '../pactV2Account.ts';
import { openWriting } from './openWriting.ts';
import { operation } from './operation.ts';
import { justNow, lost, outgoing } from './outgoing.ts';
import { accountsOf } from './writeSubjects.ts';

const { documented, documentedMessage, empty } = wellKnown.pact;
const conversationId = String(empty);

/** As v1 answers a send. The id is the job's, and as good as certainly that of somebody's message. */
const JOB = {
  ...{ id: documentedMessage, company_id: 154, channel: { id: 1, type: 'whatsapp' } },
  ...{ conversation_id: empty, state: 'trying_deliver', message_id: null, details: null },
  created_at: 1_700_000_000,
};

const START: StartConversation = {
  ...{ provider: 'PACT', name: 'n', messenger: 'WHATSAPP', phone: '79991234567' },
  ...{ username: null, vkontakteId: null, text: 'Hello' },
};

describe('writing to Pact v2, by its own ways', () => {
  const writing = openWriting(accountsOf);
  const pact = () => writing.sandbox().pact;
  const open = () => writing.provider(PACT_V2);

  it('takes the id of a job for no message’s, and finds what was sent by its content', async () => {
    const provider = open();
    pact().failNext({ body: () => ({ status: 'ok', data: JOB }) }, { call: 'v2SendMessage' });
    const message = outgoing({ conversationId, text: 'Hello' });

    await expect(provider.sendMessage!(message, operation())).rejects.toMatchObject({
      ...{ code: 'PROVIDER_CONTRACT', refused: false },
    });

    const { external_id } = pact().messages(empty)[0]!;
    const search = await provider.findSent!(conversationId, lost(message, justNow()), operation());
    expect(search.found).toMatchObject([{ messageId: String(external_id) }]);
  });

  it('takes the id of a job for no first message’s', async () => {
    pact().failNext({ body: () => ({ status: 'ok', data: JOB }) }, { call: 'v2StartConversation' });

    await expect(open().startConversation!(START, operation())).rejects.toMatchObject({
      ...{ code: 'PROVIDER_CONTRACT', refused: false },
    });
  });

  it.each<[string, object]>([
    ['another message than was asked for', { id: 1 }],
    ['a message of another conversation', { conversation_id: empty }],
  ])('answers no message where Pact shows %s', async (_what, changes) => {
    const change = ({ data, ...rest }: any) => ({ ...rest, data: { ...data, ...changes } });
    pact().failNext({ body: change }, { call: 'v2Message' });
    const message = outgoing({
      conversationId: String(documented),
      ...{ text: 'Hello', replyTo: String(documentedMessage) },
    });

    await expect(open().sendMessage!(message, operation())).rejects.toMatchObject({ refused: true });
    expect(pact().requests.map(({ call }) => call)).toEqual(['v2Message']);
  });
});
