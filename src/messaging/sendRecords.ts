import type { SendRecord } from './sendRecord.ts';
import type { Store } from './store.ts';

/** A record as it was read, with the text that it must still have to be changed. */
export interface Entry {
  readonly text: string;
  readonly record: SendRecord;
}

/** The records of sends in the store, by scope. */
export interface SendRecords {
  read(scope: string): Promise<Entry | undefined>;
  /** Writes over exactly what was read, or where there was nothing. Gives what stands there now; undefined when somebody was faster. */
  write(scope: string, read: Entry | undefined, record: SendRecord): Promise<Entry | undefined>;
  /**
   * Changes a record that others may be changing at the same time. `change` gives undefined for what is to stay as it is.
   * Gives what stands there in the end; undefined where there is nothing.
   */
  change(
    scope: string,
    change: (record: SendRecord) => SendRecord | undefined,
  ): Promise<SendRecord | undefined>;
}

export function createSendRecords(store: Store, timeToLive: number): SendRecords {
  const records: SendRecords = {
    async read(scope) {
      const text = await store.get(keyOf(scope));
      return text === undefined ? undefined : { text, record: JSON.parse(text) as SendRecord };
    },

    async write(scope, read, record) {
      const text = JSON.stringify(record);
      const written = read
        ? await store.replace(keyOf(scope), read.text, text, timeToLive)
        : await store.create(keyOf(scope), text, timeToLive);
      return written ? { text, record } : undefined;
    },

    async change(scope, change) {
      for (;;) {
        const entry = await records.read(scope);
        const changed = entry && change(entry.record);
        if (!changed) return entry?.record;
        // Each time that this fails another change has got through.
        if (await records.write(scope, entry, changed)) return changed;
      }
    },
  };
  return records;
}

function keyOf(scope: string): string {
  return `send:${scope}`;
}
