/** What clients wrote over HTTP since the seed. What a test puts into an emulator itself is no part of it. */
export interface Written<Id> {
  /** Those that were begun, oldest first. */
  conversations(): readonly Id[];
  addConversation(id: Id): void;
  addMessage(conversationId: Id, id: Id): void;
  /** The written messages that are still there, oldest first; `rowsOf` gives all of a conversation's. */
  messages<Row>(
    rowsOf: (conversationId: Id) => readonly Row[],
    idOf: (row: Row) => Id,
  ): (readonly [conversationId: Id, row: Row])[];
}

/** Nothing yet. */
export function createWritten<Id>(): Written<Id> {
  const conversations: Id[] = [];
  const conversationOf = new Map<Id, Id>();

  return {
    conversations: () => [...conversations],
    addConversation: (id) => void conversations.push(id),
    addMessage: (conversationId, id) => void conversationOf.set(id, conversationId),

    messages(rowsOf, idOf) {
      const lists = [...new Set(conversationOf.values())].map(rowsOf);
      const rows = new Map(lists.flat().map((row) => [idOf(row), row]));
      return [...conversationOf].flatMap(([id, conversationId]) => {
        const row = rows.get(id);
        return row === undefined ? [] : [[conversationId, row] as const];
      });
    },
  };
}
