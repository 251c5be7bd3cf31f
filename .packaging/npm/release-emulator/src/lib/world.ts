/** A world: one memory with one clock, one journal and its own port. */

import { place, timestamp, WorldClock, type Instant, type Past } from './clock.js';
import { variables } from './environment.js';
import { EventStream, type EventFilter } from './events.js';
import { report } from './report.js';
import { Requests } from './requests.js';
import { Faults, Scripts } from './rules.js';
import { Snapshots } from './snapshots.js';
import { Transport } from './transport.js';
import type { Coverage, History, ResourceFamily, ResourceList, Schemas, State, Timeline } from './types.js';
import { Webhooks } from './webhooks.js';

/**
 * Settings of a world; absent ones are those of the emulator, fixtures included. One that is a copy of another (`from`) has
 * the settings of that.
 */
export type WorldOptions = Omit<Schemas['WorldRequest'], 'freeze' | 'at'> & {
  /** The instant at which its clock is frozen; null: it runs. */
  freeze?: Instant | null;
  /** The instant of the world `from` as which it begins; absent: now. */
  at?: Instant;
};

/** The place at which a copy of a world begins, by default the present one, and its name. */
export interface ForkOptions extends Past {
  name?: string;
}

/** A part of the history. */
export interface HistoryFilter {
  /** The number of the command after which the list begins, or the instant at which it does. */
  since?: number | Instant;
  /** The most commands, up to 1,000. */
  limit?: number;
}

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
  readonly snapshots: Snapshots;
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
    this.snapshots = new Snapshots(this.#transport);
    this.webhooks = new Webhooks(this.#transport);
  }

  /**
   * The whole state, as fixtures have it, now or at a place in the history. With `secrets: false` its secrets are masked,
   * for a bug report.
   */
  async state({ secrets, ...past }: { secrets?: boolean } & Past = {}): Promise<State> {
    return await this.#transport.call('GET', 'state', undefined, { secrets, ...place(past) }) as State;
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

  /** The transitions of a resource, the commands it allows and the forecast of its run, now or at a place in the history. */
  async timeline(family: ResourceFamily, id: string, past: Past = {}): Promise<Timeline> {
    const path = `resources/${family}/${encodeURIComponent(id)}/timeline`;
    return await this.#transport.call('GET', path, undefined, place(past)) as Timeline;
  }

  /** The commands that have changed the world, oldest first. */
  async history({ since, limit }: HistoryFilter = {}): Promise<History> {
    const first = since === undefined || typeof since === 'number' ? since : timestamp(since);
    return await this.#transport.call('GET', 'history', undefined, { since: first, limit }) as History;
  }

  /**
   * Opens a copy of the world: as it is, as it was `at` an instant, or right after a `command` of its history. The copy has
   * the same resources, ids, scripts, faults, clock and settings. From then on each goes its own way. Its history begins
   * with it.
   */
  async fork(options: ForkOptions = {}): Promise<World> {
    return await open(this.#opener, { ...options, from: this.name });
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

/** Opens a world by way of another one. */
export async function open(opener: Transport, options: WorldOptions): Promise<World> {
  const { name, url } = await opener.call('POST', 'worlds', request(options)) as Schemas['World'];
  return new World(name, url, opener);
}

/** The body that opens a world. */
function request({ freeze, at, ...rest }: WorldOptions): Schemas['WorldRequest'] {
  const body: Schemas['WorldRequest'] = rest;
  if (freeze !== undefined) body.freeze = freeze === null ? null : timestamp(freeze);
  if (at !== undefined) body.at = timestamp(at);
  return body;
}
