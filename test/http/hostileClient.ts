import { expect } from '@jest/globals';
import type { Harness } from '../harness.ts';
import { openConnection } from '../uploading.ts';

/** What came back. */
export interface Sent {
  readonly status: number;
  readonly text: string;
}

/** Sends what no decent client would, and looks at how it is answered. */
export interface HostileClient {
  /** `host` as a request's header has it. */
  readonly host: () => string;
  /** Posts a body: as it is when it is a text or bytes, else as JSON. */
  readonly post: (body: unknown, headers?: Record<string, string>) => Promise<Sent>;
  /** Sends bytes as they are, and gives what comes until the server closes, or has answered in JSON. */
  readonly sendRaw: (...pieces: readonly (string | Uint8Array)[]) => Promise<Sent>;
  /** Whatever was wrong, it was the client's fault, said in JSON, and cost nobody anything. */
  readonly expectRefusal: (sent: Sent) => void;
  readonly expectNoFaultOfOurs: (sent: Sent) => void;
}

export function createHostileClient(harness: () => Harness): HostileClient {
  return {
    host: () => new URL(harness().url).host,

    async post(body, headers = {}) {
      const response = await fetch(`${harness().url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
      });
      return { status: response.status, text: await response.text() };
    },

    async sendRaw(...pieces) {
      const connection = await openConnection(harness().url);
      for (const piece of pieces) connection.socket.write(piece);
      const text = await Promise.race([connection.received(/\r\n\r\n.*[}>\n]$/s), connection.closed]);
      connection.socket.destroy();
      return { status: Number(text.split(' ')[1]), text };
    },

    expectRefusal({ status, text }) {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      const { errors, data } = JSON.parse(text) as {
        errors: { extensions: { code: string } }[];
        data?: unknown;
      };
      expect(data).toBeUndefined();
      expect(errors.length).toBeGreaterThan(0);
      for (const { extensions } of errors) {
        expect(extensions.code).toMatch(/^[A-Z_]+$/);
        expect(extensions.code).not.toBe('INTERNAL_SERVER_ERROR');
      }
      expect(text).not.toMatch(/node_modules|\.ts:|\.js:/);
      expect(harness().takeCalls()).toEqual([]);
    },

    expectNoFaultOfOurs({ status, text }) {
      expect(status).toBeLessThan(500);
      expect(text).not.toContain('INTERNAL_SERVER_ERROR');
      expect(harness().logged().includes('internal error')).toBe(false);
    },
  };
}

/** A text again and again, each time with its number. */
export function many(count: number, write: (index: number) => string): string {
  return Array.from({ length: count }, (_none, index) => write(index)).join(' ');
}
