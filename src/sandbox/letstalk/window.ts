/** Where a page lies: `location` is exclusive. */
export interface Cursor {
  readonly type: 'some_before' | 'some_after';
  readonly location: number;
}

/** What `GET /messages` was asked, checked. */
export interface MessageQuery {
  readonly conversationId: number;
  readonly cursor: Cursor | undefined;
  readonly amount: number;
}

const DEFAULT_AMOUNT = 20;

/**
 * Undefined for what the provider refuses. letstalk.md calls the cursor's fields "conditionally" required: we take that to mean
 * that type and location come together, while the amount may stand alone or be missing.
 */
export function parseMessageQuery(query: Readonly<Record<string, string>>): MessageQuery | undefined {
  const conversationId = wholeNumber(query['conversation_id']);
  const amount =
    query['cursor[amount]'] === undefined ? DEFAULT_AMOUNT : wholeNumber(query['cursor[amount]']);
  const type = query['cursor[type]'];
  const location = wholeNumber(query['cursor[location]']);
  if (conversationId === undefined || amount === undefined || amount < 1) return undefined;
  if (type === undefined && query['cursor[location]'] === undefined)
    return { conversationId, amount, cursor: undefined };
  if ((type !== 'some_before' && type !== 'some_after') || location === undefined) return undefined;
  return { conversationId, amount, cursor: { type, location } };
}

/**
 * The page of a list that is sorted by id, smallest first; the answer is newest first. Without a cursor it is the newest `amount`,
 * `some_after` gives those nearest after the location (letstalk.md, "assumed").
 */
export function windowOf<Row extends { readonly id: number }>(
  rows: readonly Row[],
  query: MessageQuery,
): Row[] {
  const { cursor, amount } = query;
  if (cursor?.type === 'some_after') {
    return rows
      .filter((row) => row.id > cursor.location)
      .slice(0, amount)
      .reverse();
  }
  return rows
    .filter((row) => cursor === undefined || row.id < cursor.location)
    .slice(-amount)
    .reverse();
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
