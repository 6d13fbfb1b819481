/**
 * What an emulator can be told to do instead of (or to) its normal answer. The classes of fault are those of the project's
 * fault table; none of them is documented by a provider except the HTTP statuses.
 *
 * - `number`: shorthand for `{ status }`.
 * - `status`: that status; without `body` the error body that this provider would plausibly give. A string body is sent verbatim
 *   as text, anything else as JSON. `{ status: 200, body: {…} }` is the "200 with an error inside".
 * - `delay`: milliseconds by which the normal answer comes late; the call itself is done at once, even if the client has left by
 *   then.
 * - `hang`: never answers; the client or `close()` ends it.
 * - `hangBody`: headers and the first half of the body, then silence (content-length promises the whole).
 * - `truncate`: the first half of the body, complete from HTTP's point of view.
 * - `malformed`: 200, application/json, a body that is not JSON.
 * - `html`: 200 and a text/html page, as a proxy in front of the provider would give.
 * - `redirect`: 302 to that location.
 * - `reset`: the socket is destroyed before any answer.
 * - `acceptThen`: the call is done and stored as usual, then its answer is lost: `'reset'` destroys the socket, `'hang'` answers
 *   nothing, a status is answered with this provider's error body. The answer of a call that is refused is lost in the same way.
 * - `acceptLate`: milliseconds after which the call is done, whether or not the client has left by then: what it has written turns
 *   up after somebody has looked for it in vain.
 * - `body`: rewrites the normal JSON answer; it gets a copy, so the stored rows are safe. The function must return JSON.
 * - `oversize`: the normal answer padded with white space to at least that many bytes, chunked: valid JSON that only a cap on size
 *   refuses.
 *
 * A write that meets `status`, `hang`, `malformed`, `html`, `redirect` or `reset` is dropped before it is read, even if its body
 * has arrived; one that meets any other fault is stored.
 */
export type Fault =
  | number
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  | { readonly delay: number }
  | { readonly hang: true }
  | { readonly hangBody: true }
  | { readonly truncate: true }
  | { readonly malformed: true }
  | { readonly html: true }
  | { readonly redirect: string }
  | { readonly reset: true }
  | { readonly acceptThen: 'reset' | 'hang' | number }
  | { readonly acceptLate: number }
  | { readonly body: (body: unknown) => unknown }
  | { readonly oversize: number };
