import { z } from 'zod';

/** Texts separated by commas; at least one. */
export const list = z
  .string()
  .transform((text) => text.split(',').map((item) => item.trim()))
  .refine((items) => items.every((item) => item !== ''), 'must be a list, separated by commas');
