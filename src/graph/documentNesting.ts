import { Lexer, Source, TokenKind } from 'graphql';
import { ParleyError } from '../messaging/errors.ts';

/**
 * Refuses a document whose braces, brackets and parentheses are nested too deeply. Parser, rules and our own measures go down
 * into them by calling themselves: what is nested deeply enough would overflow the stack, and look like a fault of ours. Other limits
 * on depth come too late, and inline fragments are no level to them. Throws a `ParleyError`.
 */
export function checkNesting(document: unknown, maxTokens: number): void {
  // Hardly any has so many that it needs a closer look.
  if (typeof document !== 'string' || (document.match(/[{[(]/g)?.length ?? 0) <= MAX_NESTING) return;
  const lexer = new Lexer(new Source(document));
  let depth = 0;
  try {
    for (let tokens = 0; tokens < maxTokens && lexer.advance().kind !== TokenKind.EOF; tokens += 1) {
      if (OPENING.has(lexer.token.kind)) depth += 1;
      else if (CLOSING.has(lexer.token.kind)) depth -= 1;
      if (depth > MAX_NESTING) break;
    }
  } catch {
    // What is no GraphQL at that place: the parser says it better, and gets no further than this.
  }
  if (depth > MAX_NESTING)
    throw new ParleyError('BAD_REQUEST', `A document is nested at most ${MAX_NESTING} levels deep.`);
}

/** More than any that people or programs write, and far from what the stack can bear. */
const MAX_NESTING = 200;

const OPENING: ReadonlySet<string> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const CLOSING: ReadonlySet<string> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);
