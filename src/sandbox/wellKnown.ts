/**
 * Ids of seed rows that are there for a purpose. The documented ones come from the providers' own example pages; the others are
 * ours.
 */
export const wellKnown = {
  pact: {
    companyId: 154,
    /** Conversation of the documented send; its first message is the documented 47098, "Hello". */
    documented: 8741,
    documentedMessage: 47098,
    /** Exactly 2,000 messages a minute apart, `#1 …` to `#2000 …`. */
    long: 8742,
    empty: 8743,
    /** Twelve messages with one and the same `created_at`. */
    sameTime: 8744,
    /** Ids run against time, as after an import of a messenger's history. */
    imported: 8745,
    /** Emoji sequences, mixed directions, markup that is not markup. */
    specimens: 8746,
    /** Attachments of every kind, some with hardly a field. */
    attachments: 8747,
    /** On vkontakte, the only messenger that takes several attachments in one message. */
    vkontakte: 8750,
    /** On WhatsApp Business, the only one that takes buttons. */
    business: 8754,
    /** What only v2 tells (the attachments too, more than v1 promises). Messages are of `documented` unless said otherwise. */
    v2: {
      /** A reply to `answered`. */
      reply: 47283,
      answered: 47280,
      /** Read, with one reaction. */
      reacted: 47284,
      /** Never delivered, and it says why. */
      failed: 47287,
      /** Of `attachments`: a voice message, and an image whose pixels are known. */
      voice: 55519,
      image: 55509,
      /** Conversations; on telegram, WhatsApp and Telegram Personal. */
      archived: 8784,
      blocked: 8783,
      group: 8782,
    },
  },
  letstalk: {
    /** Open, title "hola", with the documented messages 32505934 and 32506061. */
    documented: 1484305,
    /** Open, with the documented message 32478646. */
    second: 1483229,
    closed: 1500001,
    empty: 1500002,
    /** Exactly 2,000 messages a minute apart, `#1 …` to `#2000 …`. */
    long: 1500003,
    /** Twelve messages with one and the same `created_at`. */
    sameTime: 1500004,
    /** Actionable lists in every documented shape. */
    actionLists: 1500005,
    /** Notes between agents among the messages. */
    internalNotes: 1500006,
    /** File messages of many types. */
    files: 1500007,
    specimens: 1500008,
    /** Belongs to client 7, who is not the owner of the client key: only the agent reaches it. */
    ofAnotherClient: 1500009,
  },
  pigeons: {
    /** With John Doe and the documented message msg_123456789. */
    documented: '550e8400-e29b-41d4-a716-446655440000',
    documentedMessage: 'msg_123456789',
    /** Exactly 2,000 messages a minute apart, `#1 …` to `#2000 …`. */
    long: '550e8400-e29b-41d4-a716-446655440100',
    /** Just created: no messages, `last_message_*` null, participants with `uuid`, `name`, `email` only. */
    justCreated: '550e8400-e29b-41d4-a716-446655440101',
    /** Twelve messages with one and the same `sent_at`. */
    sameTime: '550e8400-e29b-41d4-a716-446655440102',
    specimens: '550e8400-e29b-41d4-a716-446655440103',
    /** Every context type, attachments of free structure. */
    attachments: '550e8400-e29b-41d4-a716-446655440104',
    archived: '550e8400-e29b-41d4-a716-446655440105',
    /** Between two others: the main user gets 403. */
    ofOthers: '550e8400-e29b-41d4-a716-446655440106',
  },
} as const;
