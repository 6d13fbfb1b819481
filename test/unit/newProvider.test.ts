import { describe, expect, it } from '@jest/globals';
import { applyEdits } from '../../scripts/newProvider/applyEdits.ts';
import { fillTemplate } from '../../scripts/newProvider/fillTemplate.ts';
import { NewProviderError } from '../../scripts/newProvider/NewProviderError.ts';
import { parseName } from '../../scripts/newProvider/parseName.ts';

describe('the name of a new provider', () => {
  it.each([
    ['fax', { camel: 'fax', kebab: 'fax', pascal: 'Fax', screaming: 'FAX' }],
    ['chatApp', { camel: 'chatApp', kebab: 'chat-app', pascal: 'ChatApp', screaming: 'CHAT_APP' }],
    ['chat-app', { camel: 'chatApp', kebab: 'chat-app', pascal: 'ChatApp', screaming: 'CHAT_APP' }],
    ['im2', { camel: 'im2', kebab: 'im2', pascal: 'Im2', screaming: 'IM2' }],
  ])('is written in each way in which the code has it: %s', (text, names) => {
    expect(parseName(text)).toEqual(names);
  });

  it.each([
    ...['', 'Fax', '2fax', 'fax_line', 'fax-', '-fax', 'fax--line', 'fax-Line', 'chatApp-two', 'факс', 'a b'],
    ...['../fax', 'fax/line', 'fax.ts', 'new', 'sandbox', 'close', '__proto__', 'a'.repeat(31)],
  ])('is refused when it can be none: %j', (text) => {
    expect(() => parseName(text)).toThrow(NewProviderError);
  });
});

describe('a template', () => {
  it('has the name in each way', () => {
    expect(fillTemplate('__name__ __Name__ __NAME__ /__kebab__/', parseName('chat-app'))).toBe(
      'chatApp ChatApp CHAT_APP /chat-app/',
    );
  });
});

describe('an edit', () => {
  it('puts something in before and after a text', () => {
    const edits = [
      { where: 'before', anchor: 'b', insert: '1' },
      { where: 'after', anchor: 'b', insert: '2' },
    ] as const;

    expect(applyEdits('x.ts', 'abc', edits)).toBe('a1b2c');
  });

  it.each([
    ['is not there', 'does not have', 'nothing of it'],
    ['is there twice', 'has more than once', 'case 1: case 1:'],
  ])('names the file and the text beside which it stands, where that %s', (_what, words, text) => {
    const edits = [{ where: 'after', anchor: 'case 1:', insert: 'x' }] as const;

    expect(() => applyEdits('src/x.ts', text, edits)).toThrow(
      `src/x.ts ${words} the text beside which something is to be put in:\n\ncase 1:`,
    );
  });
});
