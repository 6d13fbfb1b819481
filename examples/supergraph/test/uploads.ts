import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { ask, upload } from './ask.ts';
import { storedBy } from './sandbox.ts';
import type { Stack } from './startStack.ts';

const UPLOAD = `mutation ($input: UploadAttachmentInput!) {
  uploadAttachment(input: $input) { attachment { id fileName mimeType byteSize } userErrors { code } }
}`;
const SEND = `mutation ($input: SendMessageInput!) {
  sendMessage(input: $input) { message { attachments { mimeType } } userErrors { code message } }
}`;
const PREFLIGHT = { 'apollo-require-preflight': 'true' };

// Larger than what a request without files may be.
const bytes = Buffer.from('%PDF-1.7 '.padEnd(3 * 1024 * 1024, 'no more than this '));
const file = new File([bytes], 'Rechnung für März.pdf', { type: 'application/pdf' });
const attachment = { fileName: 'Rechnung für März.pdf', mimeType: 'application/pdf', byteSize: bytes.length };
const sha256 = createHash('sha256').update(bytes).digest('hex');

/** How files get into a provider. */
export function describeUploads(given: () => Stack): void {
  describe('uploads', () => {
    let stack: Stack;
    let conversationId: string;
    before(async () => {
      stack = given();
      const { data } = await ask(
        stack.parleyUrl,
        '{ conversationByExternalId(accountId: "support", externalId: "1484305") { id } }',
      );
      conversationId = data.conversationByExternalId.id;
    });

    describe('Hive Gateway', () => {
      it('reach the provider byte for byte, and are sent by id', async () => {
        const url = stack.gateways['Hive Gateway'];
        const uploaded = await upload(url, UPLOAD, {
          file,
          input: { conversationId, idempotencyKey: 'u1' },
          headers: PREFLIGHT,
        });
        assert.equal(uploaded.errors, undefined);
        const { id, ...rest } = uploaded.data.uploadAttachment.attachment;
        assert.deepEqual(rest, attachment);
        await sendAndLook(url, id);
      });

      it('are refused by the gateway itself from 25 MB on, with a code of its own', async () => {
        stack.proxy.arrived.length = 0;
        const { status, errors } = await upload(stack.gateways['Hive Gateway'], UPLOAD, {
          file: new File([Buffer.alloc(25_000_000)], 'large.pdf', { type: 'application/pdf' }),
          input: { conversationId },
          headers: PREFLIGHT,
        });
        assert.equal(status, 413);
        assert.equal(errors?.[0]?.extensions['code'], 'REQUEST_ENTITY_TOO_LARGE');
        assert.equal(stack.proxy.arrived.length, 0);
      });

      it('are refused without the header that keeps forms of other sites out', async () => {
        stack.proxy.arrived.length = 0;
        const { status, data } = await upload(stack.gateways['Hive Gateway'], UPLOAD, {
          file,
          input: { conversationId },
        });
        assert.equal(status, 403);
        assert.equal(data, undefined);
        assert.equal(stack.proxy.arrived.length, 0);
      });
    });

    describe('@apollo/gateway', () => {
      it('go to Parley itself, and are sent by id through the gateway', async () => {
        const uploaded = await upload(stack.parleyUrl, UPLOAD, {
          file,
          input: { conversationId },
          headers: PREFLIGHT,
        });
        const { id, ...rest } = uploaded.data.uploadAttachment.attachment;
        assert.deepEqual(rest, attachment);
        await sendAndLook(stack.gateways['@apollo/gateway'], id);
      });

      it('are refused by the gateway, and reach nobody', async () => {
        stack.proxy.arrived.length = 0;
        const { status } = await upload(stack.gateways['@apollo/gateway'], UPLOAD, {
          file,
          input: { conversationId },
          headers: PREFLIGHT,
        });
        assert.ok(status >= 400);
        assert.equal(stack.proxy.arrived.length, 0);
      });
    });

    async function sendAndLook(url: string, attachmentId: string): Promise<void> {
      const { data, errors } = await ask(url, SEND, {
        variables: {
          input: { conversationId, attachmentIds: [attachmentId], idempotencyKey: attachmentId.slice(-100) },
        },
      });
      assert.equal(errors, undefined);
      assert.deepEqual(data.sendMessage.userErrors, []);
      assert.deepEqual(data.sendMessage.message.attachments, [{ mimeType: attachment.mimeType }]);
      const { messages } = (await storedBy(stack.sandboxUrl)).letstalk;
      assert.deepEqual(
        messages.map((message: any) => message.file),
        [{ ...attachment, sha256 }],
      );
    }
  });
}
