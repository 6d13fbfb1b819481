import type { FrontName } from '../fronts/Front.ts';
import type { Fact } from '../upstream/Upstream.ts';

/** What is asked of a front in a lane. */
export type Ask = (lane: number) => Buffer;

export interface Workload {
  readonly id: string;
  readonly title: string;
  /** The fewest calls to providers that it can be done with. */
  readonly calls: number;
  /** A front that has none can't do it. */
  readonly asks: Readonly<Partial<Record<FrontName, Ask>>>;
  /** The messages that have to be in an answer in lane 0; undefined for a write. */
  readonly expected?: readonly (readonly Fact[])[];
  /** Those that are in a graph's answer. */
  readonly told?: Readonly<Record<'parley' | 'mesh', (data: any) => readonly (readonly Fact[])[]>>;
  /** How many requests a measurement is, where a number of seconds would be none. */
  readonly requests?: number;
}
