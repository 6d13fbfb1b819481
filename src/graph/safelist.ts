import { ParleyError } from '../messaging/errors.ts';

/** What of a request says which document is meant. */
interface Request {
  readonly query?: unknown;
  readonly extensions?: unknown;
}

/**
 * Puts the listed document in the place of the id that a request brings. Throws a `ParleyError` with the code
 * `PERSISTED_QUERY_NOT_IN_LIST` for everything else than listed operations, by id or as a whole.
 *
 * @param documents by id
 */
export function createSafelist(documents: ReadonlyMap<string, string>): <T extends Request>(request: T) => T {
  const bodies = new Set(documents.values());
  return (request) => {
    const { query, extensions } = request;
    const id = idIn(extensions);
    const document = id === undefined ? query : documents.get(id);
    const isListed = typeof document === 'string' && bodies.has(document);
    if (!isListed || (query !== undefined && query !== document)) throw notListed();
    const { persistedQuery: _persistedQuery, ...rest } = (extensions ?? {}) as Record<string, unknown>;
    return { ...request, query: document, extensions: rest };
  };
}

/** Apollo's clients send ids where they send hashes otherwise. */
function idIn(extensions: unknown): string | undefined {
  const { persistedQuery } = (extensions ?? {}) as { persistedQuery?: { sha256Hash?: unknown } | null };
  const id = persistedQuery?.sha256Hash;
  return typeof id === 'string' ? id : undefined;
}

function notListed(): ParleyError {
  return new ParleyError(
    'PERSISTED_QUERY_NOT_IN_LIST',
    'This graph answers only operations that its operator has listed, and this is none of them.',
  );
}
