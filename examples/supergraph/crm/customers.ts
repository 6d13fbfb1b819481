/** A customer, and where they write to the company: an account of Parley's with the provider's own id of the conversation. */
export interface Customer {
  readonly id: string;
  readonly name: string;
  readonly tier: 'STANDARD' | 'GOLD';
  readonly conversations: readonly ConversationKey[];
}

export interface ConversationKey {
  readonly accountId: string;
  readonly externalId: string;
}

export interface MessageKey {
  readonly accountId: string;
  readonly conversationExternalId: string;
  readonly externalId: string;
}

/** By name. The conversations are those of Parley's sandbox. */
export const CUSTOMERS: readonly Customer[] = [
  {
    id: 'beatriz',
    name: 'Beatriz Araújo',
    tier: 'GOLD',
    conversations: [
      { accountId: 'sales', externalId: '8782' },
      { accountId: 'app', externalId: '550e8400-e29b-41d4-a716-446655440100' },
    ],
  },
  {
    id: 'liam',
    name: 'Liam O’Connor',
    tier: 'STANDARD',
    conversations: [
      { accountId: 'sales', externalId: '8769' },
      { accountId: 'sales', externalId: '8780' },
      { accountId: 'app', externalId: '550e8400-e29b-41d4-a716-446655440000' },
    ],
  },
  {
    id: 'lucia',
    name: 'Lucía Fernández',
    tier: 'GOLD',
    conversations: [
      { accountId: 'sales', externalId: '8770' },
      { accountId: 'sales', externalId: '8781' },
      { accountId: 'support', externalId: '1500003' },
    ],
  },
  {
    id: 'zhang-wei',
    name: '张伟',
    tier: 'STANDARD',
    conversations: [
      { accountId: 'sales', externalId: '8753' },
      { accountId: 'sales', externalId: '8764' },
      { accountId: 'sales', externalId: '8786' },
    ],
  },
];

/** Of the two long conversations of the sandbox, whose messages are numbered in a row: the newest hundred each, in turn. */
export const FLAGGED_MESSAGES: readonly MessageKey[] = Array.from({ length: 100 }, (_, back) => [
  {
    accountId: 'support',
    conversationExternalId: '1500003',
    externalId: String(32_508_355 - back),
  },
  {
    accountId: 'app',
    conversationExternalId: '550e8400-e29b-41d4-a716-446655440100',
    externalId: `msg_${123_459_188 - back}`,
  },
]).flat();
