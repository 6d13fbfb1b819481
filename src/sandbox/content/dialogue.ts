import type { Phrasebook } from './phrases.ts';
import type { Random } from './random.ts';

/** One message of a conversation, before a provider's shape is put on it. */
export interface Turn {
  /** From the customer, or whoever is on the other side. */
  readonly inbound: boolean;
  readonly text: string;
  /** Milliseconds since 1970, whole seconds. */
  readonly at: number;
}

/** `count` turns from `start` on, minutes to hours apart. */
export function dialogue(random: Random, book: Phrasebook, count: number, start: number): Turn[] {
  let at = start;
  return Array.from({ length: count }, (_, index) => {
    const line = book.lines[index % book.lines.length] ?? '';
    const inbound = !line.startsWith('>');
    const text = (inbound ? line : line.slice(1)).replaceAll('{n}', () =>
      String(random.between(100, 99_999)),
    );
    // Mostly an exchange of minutes, now and then a pause until the next day.
    at += (random.chance(0.1) ? random.between(20_000, 180_000) : random.between(15, 900)) * 1000;
    return { inbound, text, at };
  });
}

/** `count` numbered turns, exactly a minute apart: where an order or a gap can be read off the text (`#1 …` to `#<count> …`). */
export function numberedDialogue(book: Phrasebook, count: number, start: number): Turn[] {
  return Array.from({ length: count }, (_, index) => {
    const line = book.lines[index % book.lines.length] ?? '';
    const text = `#${index + 1} ${line.replace(/^>/, '').replaceAll('{n}', String(index))}`;
    return { inbound: !line.startsWith('>'), text, at: start + index * 60_000 };
  });
}
