import { ACCOUNT_ID } from '../messaging/ids.ts';
import { resilience } from './resilience.ts';
import { text } from './text.ts';

const id = text.regex(ACCOUNT_ID, 'must be 1 to 64 letters, digits, "_" or "-"');

const name = text.trim().min(1, 'must not be empty').max(200, 'must have at most 200 characters').optional();

/** What every account has, whatever its provider. */
export const accountKeys = { id, name, resilience: resilience.optional() };
