import type { ParleyProcess } from './stage.ts';

/** What a process held at one moment. */
interface Sample {
  /** Seconds since it began. */
  readonly at: number;
  /** Megabytes. */
  readonly rss: number;
  readonly heap: number;
  readonly handles: number;
}

export interface Series {
  readonly name: string;
  take(): Promise<void>;
  /** As lines for people. */
  print(): string[];
  /** Why it does not look like a plateau; undefined where it does. */
  problem(): string | undefined;
}

/**
 * By how much the last third may be over the middle one: a part, megabytes that collections of garbage come and go by, and, since a
 * short run is warming up all the time, as much as that takes: a leak of some megabytes a second still shows in a minute.
 */
const ALLOWED = { part: 0.1, megabytes: 12, warmingUp: 60 };
const MEGABYTE = 2 ** 20;

export function createSeries({ name, metricsUrl }: ParleyProcess): Series {
  const samples: Sample[] = [];
  const startedAt = performance.now();
  return {
    name,
    async take() {
      const text = await (await fetch(metricsUrl)).text();
      const read = (figure: string) => Number(new RegExp(`^${figure} (.+)$`, 'm').exec(text)?.[1] ?? NaN);
      samples.push({
        at: Math.round((performance.now() - startedAt) / 1_000),
        rss: read('process_resident_memory_bytes') / MEGABYTE,
        heap: read('nodejs_heap_size_used_bytes') / MEGABYTE,
        handles: read('nodejs_active_resources_total'),
      });
    },
    print() {
      const every = Math.max(1, Math.ceil(samples.length / 20));
      const rows = samples.filter((_sample, index) => index % every === 0 || index === samples.length - 1);
      return rows.map(
        ({ at, rss, heap, handles }) =>
          `${name.padEnd(7)} ${String(at).padStart(5)} s  rss ${rss.toFixed(0).padStart(4)} MB  heap ${heap.toFixed(0).padStart(4)} MB  ${handles} resources`,
      );
    },
    problem() {
      // The first third warms up: code is compiled, pools fill.
      const third = Math.floor(samples.length / 3);
      const middle = samples.slice(third, 2 * third);
      const last = samples.slice(2 * third);
      if (middle.length < 3) return `${name}: too few samples to tell`;
      const minutes = samples.at(-1)!.at / 60;
      const most = ALLOWED.megabytes + ALLOWED.warmingUp / Math.max(1, minutes);
      // Of the heap its floor, which is what is left after garbage was collected; of the rest what is usual.
      const floor = (some: readonly Sample[]) => Math.min(...some.map(({ heap }) => heap));
      return (
        growth(`${name}: the heap's floor`, floor(middle), floor(last), most) ??
        growth(
          `${name}: resident memory`,
          median(middle.map(({ rss }) => rss)),
          median(last.map(({ rss }) => rss)),
          most,
        )
      );
    },
  };
}

function growth(what: string, before: number, after: number, megabytes: number): string | undefined {
  return after > before * (1 + ALLOWED.part) + megabytes
    ? `${what} grew from ${before.toFixed(0)} to ${after.toFixed(0)} MB`
    : undefined;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
