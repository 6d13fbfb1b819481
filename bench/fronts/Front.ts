import type { ChildProcess } from 'node:child_process';

/** What is measured. */
export const FRONTS = ['parley', 'mesh', 'limit'] as const;
export type FrontName = (typeof FRONTS)[number];

export const FRONT_NAMES: Readonly<Record<FrontName, string>> = {
  parley: 'Parley',
  mesh: 'Mesh',
  limit: 'the limit',
};

export interface Front {
  readonly name: FrontName;
  readonly child: ChildProcess;
  /** On this machine. */
  readonly port: number;
}
