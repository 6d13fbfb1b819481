import { z } from 'zod';

/** A text; says apart what is not there and what is something else, such as a number without quotes. */
export const text = z.string({
  error: ({ input }) => (input === undefined ? 'is missing' : 'must be a text: put it in quotes'),
});
