/** What an explorer shows when it is opened; every operation works on the embedded sandbox. */
export const EXAMPLE_OPERATIONS = `# Everything at once: the newest conversations of all providers that can list them.
query Newest {
  conversations(first: 10) {
    nodes {
      id
      title
      account { name provider }
      createdAt
      messages(last: 3) {
        nodes {
          sentAt
          direction
          author { name }
          text
          attachments { fileName url }
          reactions { emoji }
        }
      }
    }
    pageInfo { hasNextPage endCursor }
    sources { account { name } answered error { code message } }
  }
}

# Letstalk can't list conversations: this is its door.
query ByExternalId {
  conversationByExternalId(accountId: "support", externalId: "1484305") {
    title
    state
    messages(last: 10) {
      edges {
        cursor
        node { text sentAt content { __typename ... on ActionListContent { title items { __typename } } } }
      }
      pageInfo { hasPreviousPage startCursor }
    }
  }
}

# Run it twice: the same key sends once. For another message, take another key.
mutation Send {
  sendMessage(
    input: { conversationId: "YzpzYWxlczo4NzQx", text: "Your order is on its way 🚚", idempotencyKey: "a-first-key" }
  ) {
    message { id text sentAt }
    delivery { id state evidence asOf }
    userErrors { code message field retryable }
  }
}

# The same by what happened last, without a call to a provider. It fills by itself: sources say how far.
query Inbox {
  inbox(first: 10) {
    nodes {
      conversation { id title account { name provider } }
      lastMessage { text sentAt direction }
      unreadCount
      lastActivityAt
    }
    pageInfo { hasNextPage endCursor }
    sources { account { name } completeness asOf error { code message } }
  }
}

# Run it, and then Send in another window of the browser: each message comes as it happens.
subscription Added {
  messageAdded { text direction conversation { title account { name } } }
}

# What each account can do.
query Accounts {
  accounts {
    id
    name
    provider
    status
    capabilities { sendText maxTextLength sendAttachments textWithAttachment reactions replies deleteMessages startConversation closeConversation archiveConversation }
  }
}
`;

/** The first query to paste: short, and shows the point. */
export const FIRST_QUERY =
  '{ conversations(first: 5) { nodes { title account { provider } messages(last: 2) { nodes { text sentAt } } } } }';
