/** Scripts and faults: rules that are added, listed, replaced and removed in the same way. */

import type { Transport } from './transport.js';
import type { Fault, ListedFault, ListedScript, Script } from './types.js';

abstract class Rules<Given, Listed extends { used: number }> {
  readonly #transport: Transport;
  readonly #path: 'scripts' | 'faults';

  constructor(transport: Transport, path: 'scripts' | 'faults') {
    this.#transport = transport;
    this.#path = path;
  }

  /** Adds one, and returns it with its id. */
  async add(given: Given): Promise<Listed> {
    return await this.#transport.call('POST', this.#path, given) as Listed;
  }

  /** All, in the order in which they are tried. */
  async list(): Promise<Listed[]> {
    const answer = await this.#transport.call('GET', this.#path) as Record<string, Listed[]>;
    return answer[this.#path] ?? [];
  }

  /** Those that nothing has used so far. */
  async unused(): Promise<Listed[]> {
    return (await this.list()).filter(({ used }) => used === 0);
  }

  async show(id: string): Promise<Listed> {
    return await this.#transport.call('GET', this.#at(id)) as Listed;
  }

  /** Puts another in the place of one. Its counts stay. */
  async replace(id: string, given: Given): Promise<Listed> {
    return await this.#transport.call('PUT', this.#at(id), given) as Listed;
  }

  async remove(id: string): Promise<void> {
    await this.#transport.call('DELETE', this.#at(id));
  }

  /** Removes all. */
  async clear(): Promise<void> {
    await this.#transport.call('DELETE', this.#path);
  }

  #at(id: string): string {
    return `${this.#path}/${encodeURIComponent(id)}`;
  }
}

/** Outcomes of work to come. Add a script before the run that it is for. */
export class Scripts extends Rules<Script, ListedScript> {
  constructor(transport: Transport) {
    super(transport, 'scripts');
  }
}

/** Failures at the HTTP level. */
export class Faults extends Rules<Fault, ListedFault> {
  constructor(transport: Transport) {
    super(transport, 'faults');
  }
}
