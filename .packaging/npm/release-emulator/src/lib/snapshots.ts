/** The snapshots of a world. */

import type { Transport } from './transport.js';
import type { ClockRewound, Snapshot } from './types.js';

/** Instants of a world with a name, to go back to. They copy nothing. */
export class Snapshots {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Gives the present instant a name. */
  async add(name: string): Promise<Snapshot> {
    return await this.#transport.call('POST', 'snapshots', { name }) as Snapshot;
  }

  /** All that can be reached, oldest first. */
  async list(): Promise<Snapshot[]> {
    return (await this.#transport.call('GET', 'snapshots') as { snapshots: Snapshot[] }).snapshots;
  }

  /** Sets the world back to one, as `clock.rewind` does, and returns what it dropped. The snapshot stays. */
  async restore(name: string): Promise<ClockRewound> {
    return await this.#transport.call('POST', `snapshots/${encodeURIComponent(name)}/restore`) as ClockRewound;
  }

  /** Removes one. Its instant can still be reached. */
  async remove(name: string): Promise<void> {
    await this.#transport.call('DELETE', `snapshots/${encodeURIComponent(name)}`);
  }
}
