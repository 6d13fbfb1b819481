/** Counts uploads against what pact.md allows a user: 5 files a second and 30 a minute. */
export interface UploadWindow {
  /** 0 when one more may come, which then counts; else the milliseconds until it may. `now` is milliseconds since 1970. */
  take(now: number): number;
}

const LIMITS = [
  { files: 5, milliseconds: 1_000 },
  { files: 30, milliseconds: 60_000 },
] as const;
const LONGEST = 30;

/** Nobody has uploaded anything yet. */
export function createUploadWindow(): UploadWindow {
  /** When the latest were taken, oldest first. */
  const times: number[] = [];

  return {
    take(now) {
      const waits = LIMITS.map(({ files, milliseconds }) => {
        const earliest = times.at(-files);
        return earliest === undefined ? 0 : earliest + milliseconds - now;
      });
      const wait = Math.max(0, ...waits);
      if (wait > 0) return wait;
      times.push(now);
      if (times.length > LONGEST) times.shift();
      return 0;
    },
  };
}
