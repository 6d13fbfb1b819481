import { Lexer, Source, TokenKind } from 'graphql';
import { ParleyError } from '../../messaging/errors.ts';
import type { SubscriptionRequest } from '../../messaging/subscribing.ts';

export type OperationKind = 'query' | 'mutation' | 'subscription';

interface Operation {
  readonly kind: OperationKind;
  readonly name: string | undefined;
}

const KINDS: ReadonlySet<string> = new Set<OperationKind>(['query', 'mutation', 'subscription']);
const OPENING: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_L, TokenKind.PAREN_L, TokenKind.BRACKET_L]);
const CLOSING: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_R, TokenKind.PAREN_R, TokenKind.BRACKET_R]);

/** Throws `BAD_REQUEST` for what is certainly no subscription. Whatever else may be wrong with it, whoever executes it says. */
export function checkIsSubscription(request: SubscriptionRequest): void {
  const kind = operationKindOf(request);
  if (kind === undefined || kind === 'subscription') return;
  throw new ParleyError(
    'BAD_REQUEST',
    `Only subscriptions go this way. A ${kind} is sent by POST, and answered with JSON.`,
  );
}

/**
 * Which kind of operation is asked for; undefined where that can't be told. It reads words, not the grammar: no nesting is too
 * deep for it, so that it may come before all checks.
 */
export function operationKindOf({ query, operationName }: SubscriptionRequest): OperationKind | undefined {
  const operations = operationsOf(query);
  if (operationName) return operations.find(({ name }) => name === operationName)?.kind;
  return operations.length === 1 ? operations[0]!.kind : undefined;
}

function operationsOf(document: string): readonly Operation[] {
  const lexer = new Lexer(new Source(document));
  const operations: Operation[] = [];
  try {
    while (lexer.advance().kind !== TokenKind.EOF) {
      const { kind, value } = lexer.token;
      if (kind === TokenKind.BRACE_L) operations.push({ kind: 'query', name: undefined });
      else if (kind === TokenKind.NAME && KINDS.has(value)) {
        const next = lexer.lookahead();
        const name = next.kind === TokenKind.NAME ? next.value : undefined;
        operations.push({ kind: value as OperationKind, name });
      }
      skipDefinition(lexer);
    }
    return operations;
  } catch {
    return [];
  }
}

/** To the brace that closes it. */
function skipDefinition(lexer: Lexer): void {
  let depth = 0;
  for (let { token } = lexer; token.kind !== TokenKind.EOF; token = lexer.advance()) {
    if (OPENING.has(token.kind)) depth += 1;
    if (!CLOSING.has(token.kind)) continue;
    depth -= 1;
    if (depth === 0 && token.kind === TokenKind.BRACE_R) return;
  }
}
