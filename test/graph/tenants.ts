import { sandboxAccounts } from '../../src/accounts.ts';
import type { AccountConfig } from '../../src/config/accounts.ts';
import type { MessageRef } from '../../src/messaging/ids.ts';
import { conversationId } from '../../src/messaging/ids.ts';
import type { Emulator, Sandbox } from '../../src/sandbox/index.ts';
import { emulators } from '../harness.ts';

/** What one account has that no other one has. */
export interface Tenant {
  readonly account: AccountConfig;
  /** Its provider: an emulator of its own, so that every call to it is seen. */
  readonly emulator: Emulator;
  readonly conversation: string;
  readonly message: string;
  /** Of its attachment, as an attachment's id has it. */
  readonly attachment: { readonly place: number } | { readonly externalId: string };
  /** Stands in whatever its provider answers of that conversation. */
  readonly canary: string;
}

export const PROVIDERS = ['pact', 'letstalk', 'pigeons'] as const;

export const messageOf = ({ conversation, message }: Tenant, accountId: string): MessageRef => ({
  ...{ accountId, conversationExternalId: conversation, externalId: message },
});
export const conversationOf = ({ conversation }: Tenant, accountId: string) =>
  conversationId({ accountId, externalId: conversation });

/** The accounts of a sandbox, under names that say whose they are. */
export function accountsOf(sandbox: Sandbox, owner: string, role: 'agent' | 'client'): AccountConfig[] {
  return sandboxAccounts(sandbox).map((account) => {
    const renamed = {
      ...account,
      id: `${owner}-${account.provider}`,
      name: `${account.provider} of ${owner}`,
    };
    return renamed.provider === 'letstalk' && role === 'client'
      ? { ...renamed, role, apiKey: sandbox.letstalk.clientKey }
      : renamed;
  });
}

/** Gives each account of a sandbox a conversation that no other one has. */
export function plant(sandbox: Sandbox, owner: string, role: 'agent' | 'client'): Tenant[] {
  const accounts = accountsOf(sandbox, owner, role);
  const canaries = accounts.map(({ id }) => `the canary of ${id}`) as [string, string, string];
  const fileName = (canary: string) => `${canary}.png`;
  const url = 'https://files.example.com/1.png';
  // Far from the ids that a provider gives to what is written meanwhile, and from each other.
  const number = (kind: number) => (owner === 'acme' ? 7_000_000_000 : 8_000_000_000) + kind * 100_000_000;
  const uuid = `550e8400-e29b-41d4-a716-${number(7)}00`;
  const messageUuid = `msg_${number(6)}`;

  sandbox.pact.addConversation({ external_id: number(1), name: canaries[0] });
  sandbox.pact.addMessage(number(1), {
    ...{ external_id: number(2), message: canaries[0] },
    attachments: [{ id: number(3), file_name: fileName(canaries[0]), attachment_url: url }],
  });
  sandbox.letstalk.addConversation({ id: number(4), issue: canaries[1] });
  sandbox.letstalk.addMessage(number(4), { id: number(5), content: canaries[1] });
  sandbox.pigeons.addConversation({ uuid, taggable_info: { id: 1, title: canaries[2] } });
  sandbox.pigeons.addMessage(uuid, {
    ...{ id: messageUuid, message_id: messageUuid, context: { text: canaries[2], type: 'text' } },
    attachments: [{ url, name: fileName(canaries[2]) }],
  });

  const names = [
    { conversation: number(1), message: number(2), attachment: { externalId: String(number(3)) } },
    { conversation: number(4), message: number(5), attachment: { place: 0 } },
    { conversation: uuid, message: messageUuid, attachment: { place: 0 } },
  ];
  return names.map(({ conversation, message, attachment }, index) => ({
    ...{
      account: accounts[index]!,
      emulator: emulators(sandbox)[PROVIDERS[index]!],
      canary: canaries[index]!,
    },
    ...{ conversation: String(conversation), message: String(message), attachment },
  }));
}
