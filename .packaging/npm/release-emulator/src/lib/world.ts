/** A world: one memory with one clock, one journal and its own port. */

import { timestamp, WorldClock, type Instant } from './clock.js';
import { variables } from './environment.js';
import { EventStream, type EventFilter } from './events.js';
import { report } from './report.js';
import { Requests } from './requests.js';
import { Faults, Scripts } from './rules.js';
import { Transport } from './transport.js';
import type { Coverage, ResourceFamily, ResourceList, Schemas, State, Timeline } from './types.js';
import { Webhooks } from './webhooks.js';

/** Settings of a world; absent ones are those of the emulator, fixtures included. */
export type WorldOptions = Omit<Schemas['WorldRequest'], 'freeze'> & {
  /** The instant at which its clock is frozen; null: it runs. */
  freeze?: Instant | null;
};

/** A selection of resources. */
export interface ResourceFilter {
  family?: ResourceFamily;
  /** The project, mesh or project key. */
  scope?: string;
  limit?: number;
  offset?: number;
}

export class World {
  readonly clock: WorldClock;
  readonly scripts: Scripts;
  readonly faults: Faults;
  readonly requests: Requests;
  readonly webhooks: Webhooks;
  readonly #transport: Transport;
  readonly #opener: Transport;

  /** @internal */
  constructor(
    /** Its name. */
    readonly name: string,
    /** Its base URL without a trailing slash: the endpoint of all emulated services. */
    readonly url: string,
    opener?: Transport,
    controlToken: string | undefined = opener?.controlToken,
  ) {
    this.#transport = new Transport(url, controlToken);
    // A world cannot close itself: another world of the process does.
    this.#opener = opener ?? this.#transport;
    this.clock = new WorldClock(this.#transport);
    this.scripts = new Scripts(this.#transport);
    this.faults = new Faults(this.#transport);
    this.requests = new Requests(this.#transport);
    this.webhooks = new Webhooks(this.#transport);
  }

  /** The whole state, as fixtures have it. With `secrets: false` its secrets are masked, for a bug report. */
  async state({ secrets }: { secrets?: boolean } = {}): Promise<State> {
    return await this.#transport.call('GET', 'state', undefined, { secrets }) as State;
  }

  /** Puts another state in place of the whole. */
  async replaceState(state: State): Promise<void> {
    await this.#transport.call('PUT', 'state', state);
  }

  /** Adds to the state, and replaces what has the same id. */
  async mergeState(state: State): Promise<void> {
    await this.#transport.call('PATCH', 'state', state);
  }

  /** Goes back to the fixtures, or to nothing, with the first instant of the clock and an empty journal. */
  async reset(to: 'fixtures' | 'empty' = 'fixtures'): Promise<void> {
    await this.#transport.call('POST', 'reset', { to });
  }

  /** The resources of all families with their status, their next change and the commands they allow. */
  async resources(filter: ResourceFilter = {}): Promise<ResourceList> {
    return await this.#transport.call('GET', 'resources', undefined, { ...filter }) as ResourceList;
  }

  /** The transitions of a resource, the commands it allows and the forecast of its run. */
  async timeline(family: ResourceFamily, id: string): Promise<Timeline> {
    return await this.#transport.call('GET', `resources/${family}/${encodeURIComponent(id)}/timeline`) as Timeline;
  }

  /** The events of the world from now on. The stream is open once this returns. */
  async events({ after, ...filter }: EventFilter = {}): Promise<EventStream> {
    const headers: Record<string, string> = after === undefined ? {} : { 'last-event-id': String(after) };
    return new EventStream(await this.#transport.stream('events', { ...filter }, headers));
  }

  /** The emulated operations with their evidence, their commands and their refusals. */
  async operations(): Promise<Coverage> {
    return await this.#transport.call('GET', 'operations') as Coverage;
  }

  /** Sets the traffic of the new version of an ASM release, in percent. The original one has the rest. */
  async setTraffic(mesh: string, namespace: string, release: string, gray: number): Promise<void> {
    const at = [mesh, namespace, release].map(encodeURIComponent).join('/');
    await this.#transport.call('PUT', `asm/${at}/traffic`, { gray });
  }

  /**
   * The variables that point a program or an official SDK at this world: its URL, the endpoints of the region, and a
   * credential, unless the process has one. The credential is the first access key of the state.
   */
  async environment({ region = 'cn-north-4' }: { region?: string } = {}): Promise<Record<string, string>> {
    const token = this.#transport.controlToken;
    const own = token === undefined ? {} : { RELEASE_EMULATOR_CONTROL_TOKEN: token };
    return { ...variables(this.url, await this.state(), process.env, region), ...own };
  }

  /**
   * What a failed test needs to be understood: the refused requests with their hints, all requests, the timelines, and
   * the scripts and faults that nothing has used.
   */
  async report(): Promise<string> {
    return await report(this);
  }

  /** Closes the world with its port and its connections. */
  async close(): Promise<void> {
    this.#transport.close();
    await this.#opener.call('DELETE', `worlds/${encodeURIComponent(this.name)}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The body that opens a world. */
export function request({ freeze, ...rest }: WorldOptions): Schemas['WorldRequest'] {
  if (freeze === undefined) return rest;
  return { ...rest, freeze: freeze === null ? null : timestamp(freeze) };
}
