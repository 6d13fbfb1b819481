import { z } from 'zod';
import { timeout, wholeNumber } from '../../src/config/quantities.ts';

/** How a soak runs. */
export interface SoakSettings {
  /** Of the traffic; milliseconds. */
  readonly duration: number;
  /** How many clients ask at once, each one thing after the other. */
  readonly clients: number;
  /** The same seed plans the same traffic and the same weather; when what happens, the machine decides. */
  readonly seed: number;
}

const variables = z.object({
  SOAK_DURATION: timeout().default(600_000),
  SOAK_CLIENTS: wholeNumber(1, 1_000).default(16),
  SOAK_SEED: wholeNumber(0, 2 ** 31 - 1).default(20_261_125),
});

/** Throws for what makes no sense. */
export function readSettings(environment: NodeJS.ProcessEnv): SoakSettings {
  const { SOAK_DURATION, SOAK_CLIENTS, SOAK_SEED } = variables.parse(environment);
  return { duration: SOAK_DURATION, clients: SOAK_CLIENTS, seed: SOAK_SEED };
}
