import type { ContractError } from '../messaging/errors.ts';
import type { Http } from './client.ts';

/** What every adapter is made with; each adds what is its own. */
export interface AdapterOptions {
  readonly accountId: string;
  /** What site-relative addresses in answers are relative to. */
  readonly baseUrl: string;
  /** The way to this account's provider; it sends the account's own headers with every call. */
  readonly http: Http;
  /** Told how many rows of a call's answer could not be read. */
  readonly lost: (call: string, count: number) => void;
  /** Told of an answer that is not what the provider documents, and of no use as a whole. */
  readonly breached: (error: ContractError) => void;
}
