import { finished, Readable } from 'node:stream';

/** The first bytes of a body, and the body with all of its bytes, these too. */
export interface Head {
  /** At least as many bytes as were asked for, or all. */
  readonly head: Buffer;
  /** Mostly the source itself, so that errors, back-pressure and an early end pass both ways by themselves. */
  readonly body: Readable;
}

/** Rejects with the source's own error when it fails before so many bytes have come. */
export function readHead(source: Readable, size: number): Promise<Head> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const forget = finished(source, { writable: false }, (error) => {
      source.off('readable', read);
      if (error) {
        reject(error);
        return;
      }
      // What has ended takes nothing back.
      const head = Buffer.concat(chunks);
      resolve({ head, body: bodyOf(head) });
    });
    source.on('readable', read);

    function read(): void {
      let chunk: Uint8Array | null;
      while (length < size && (chunk = source.read() as Uint8Array | null) !== null) {
        chunks.push(Buffer.from(chunk));
        length += chunk.length;
      }
      if (length < size) return;
      source.off('readable', read);
      forget();
      // At once: a source that has nothing more to give would end in the next tick.
      const head = Buffer.concat(chunks);
      source.unshift(head);
      resolve({ head, body: source });
    }
  });
}

function bodyOf(bytes: Buffer): Readable {
  return new Readable({
    read() {
      this.push(bytes);
      this.push(null);
    },
  });
}
