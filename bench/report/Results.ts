import type { FrontName } from '../fronts/Front.ts';
import type { Measured } from '../load/measure.ts';

/** Milliseconds that a call to a provider takes, and how many clients ask at once: each workload is measured at all of them. */
export const CONDITIONS = [
  { latency: 0, clients: 1 },
  { latency: 0, clients: 50 },
  { latency: 20, clients: 1 },
  { latency: 20, clients: 50 },
] as const;
export type Condition = (typeof CONDITIONS)[number];

/** What one front did with one workload under one condition, round by round. */
export interface Cell {
  readonly workload: string;
  readonly condition: Condition;
  readonly front: FrontName;
  readonly rounds: Measured[];
}

export interface WorkloadHead {
  readonly id: string;
  readonly title: string;
  readonly calls: number;
}

/** The same read with so many accounts, of a conversation so long, or of so many conversations. */
export interface GrowthRow {
  /** What is read. */
  readonly name: string;
  readonly front: FrontName;
  /** Milliseconds of a processor for a request, from the smallest to the largest. */
  readonly cpu: readonly number[];
}

export interface UploadMemory {
  readonly front: FrontName;
  /** Megabytes. */
  readonly idle: number;
  /** At the most while one file after the other is uploaded. */
  readonly peak: number;
}

export interface Results {
  readonly workloads: readonly WorkloadHead[];
  readonly cells: readonly Cell[];
  /** Of clients that all ask for the same conversation. */
  readonly equal: readonly Cell[];
  /** Megabytes that were resident before anything was asked. */
  readonly idle: Readonly<Record<FrontName, number>>;
  readonly accounts: {
    readonly counts: readonly number[];
    readonly rows: readonly GrowthRow[];
    readonly memory: readonly number[];
  };
  readonly lengths: readonly GrowthRow[];
  /** By how many conversations are asked for in turn. */
  readonly held: readonly GrowthRow[];
  readonly uploads: readonly UploadMemory[];
  readonly rounds: number;
  readonly seconds: number;
}
