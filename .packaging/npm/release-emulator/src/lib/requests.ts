/** The journal of a world. */

import { EmulatorError, VerificationError } from './errors.js';
import type { Query, Transport } from './transport.js';
import type { Journal, NotVerified, RequestFilter, Verification } from './types.js';

/** A filter of a list, in which conditions are texts. */
export type ListFilter = Omit<RequestFilter, 'query' | 'headers' | 'body'> & {
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: Record<string, string>;
  /** The most requests to list: the newest. */
  limit?: number;
};

export class Requests {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The matching requests with their answers, oldest first. */
  async list(filter: ListFilter = {}): Promise<Journal> {
    const { query, headers, body, ...plain } = filter;
    const flat: Query = { ...plain };
    for (const [field, conditions] of Object.entries({ query, headers, body })) {
      for (const [name, text] of Object.entries(conditions ?? {})) flat[`${field}.${name}`] = text;
    }
    return await this.#transport.call('GET', 'requests', undefined, flat) as Journal;
  }

  /**
   * Checks the number of matching requests, or their order, and returns the number. Throws a VerificationError that
   * shows the nearest requests if the expectation does not hold.
   */
  async verify(expected: Verification): Promise<number> {
    try {
      const { matched } = await this.#transport.call('POST', 'requests/verify', expected) as { matched: number };
      return matched;
    } catch (error) {
      if (!(error instanceof EmulatorError && 'near_misses' in error.problem)) throw error;
      throw new VerificationError(expected, error.problem as NotVerified, error.hint);
    }
  }

  /** Empties the journal. */
  async clear(): Promise<void> {
    await this.#transport.call('DELETE', 'requests');
  }
}
