/** A running emulator. */

import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { timestamp, type Instant } from './clock.js';
import { StartError } from './errors.js';
import { EmulatorProcess } from './process.js';
import { Transport } from './transport.js';
import type { Schemas, State } from './types.js';
import { open, World, type WorldOptions } from './world.js';

/** Options of a start. Those of the emulator are its flags, with underscores for hyphens. */
export interface StartOptions {
  /** The addresses to listen on; absent: a free port of 127.0.0.1. */
  listen?: string | string[];
  /** Fixture files, `documented`, or a state. */
  fixtures?: string | State | (string | State)[];
  /** The credentials that pass; absent: any well-formed ones. */
  auth?: Schemas['Auth'];
  fidelity?: Schemas['Fidelity'];
  references?: Schemas['References'];
  /** The length of one step of work, such as `2s`; a number is milliseconds. */
  step?: string | number;
  /** Virtual seconds per real second. */
  pace?: number;
  /** The instant at which the clock is frozen; absent: it runs. */
  freeze?: Instant;
  pipelines_list?: Schemas['PipelinesList'];
  /** The generation of Zadig; absent: that of the fixtures, or `v3`. */
  zadig?: Schemas['ZadigGeneration'];
  progress?: Schemas['Progress'];
  journal_bytes?: number;
  /** The approximate size of the history of a world; 0: the past cannot be reached. */
  history_bytes?: number;
  /** The approximate size of the answers to recent reads that a world keeps until it changes; 0: none. */
  answer_cache_bytes?: number;
  /** The directory in which the worlds are kept. The next start with it goes on from there. */
  data?: string;
  /** With `data`: whether the disk has what was accepted before it is answered. */
  sync?: boolean;
  /** With `data`: whether what is in the directory is removed first. */
  data_reset?: boolean;
  /** The budget of memory for all worlds together: bytes, or a text such as `512MiB`. */
  memory?: number | string;
  /** The largest state in a request, in the same way. */
  max_state?: number | string;
  max_worlds?: number;
  /** The ports of further worlds, such as `4601-4700`; absent: any free port. */
  world_ports?: string;
  max_connections?: number;
  /** The time after which an idle connection is closed, such as `75s`; a number is milliseconds. */
  keep_alive?: string | number;
  public_url?: string;
  webhooks_anywhere?: boolean;
  /** Host names by which the control plane may be asked, such as `*.example.com`. */
  allow_host?: string | string[];
  /** Origins whose web pages may use the control plane. */
  allow_origin?: string | string[];
  /** Origins whose web pages may read the answers of the emulated services; `*`: all. */
  cors?: string | string[];
  /** The token that the control plane requires. */
  control_token?: string;
  log_level?: 'off' | 'error' | 'warn' | 'info' | 'debug' | 'trace';
  /** Further arguments. */
  args?: string[];
  /** The path of the binary; absent: RELEASE_EMULATOR_BINARY, or that of the package for this platform. */
  binary?: string;
  /** The longest wait until it is ready, in milliseconds. */
  timeout_ms?: number;
}

export class Emulator {
  /** The first world, which lives as long as the emulator. */
  readonly main: World;
  readonly #transport: Transport;
  readonly #process: EmulatorProcess | undefined;

  private constructor(
    /** The URL of the first world. */
    readonly url: string,
    process?: EmulatorProcess,
    controlToken?: string,
  ) {
    this.#transport = new Transport(url, controlToken);
    this.main = new World('main', url, undefined, controlToken);
    this.#process = process;
  }

  /** Starts an emulator. Throws its own words if it does not start. */
  static async start({ binary, timeout_ms, control_token, ...options }: StartOptions = {}): Promise<Emulator> {
    const states = await writeStates(options.fixtures);
    try {
      const flags = toFlags({ listen: '127.0.0.1:0', ...options, fixtures: states.files });
      const [started, url] = await EmulatorProcess.start(flags, { binary, timeout_ms, control_token });
      return new Emulator(url, started, control_token);
    } finally {
      // It has read them by now.
      if (states.folder !== undefined) await fs.rm(states.folder, { recursive: true });
    }
  }

  /**
   * Connects to an emulator that runs already, by default to the one that RELEASE_EMULATOR_URL names. Its control token,
   * if it has one, is by default that of RELEASE_EMULATOR_CONTROL_TOKEN.
   */
  static async connect(
    url: string | undefined = process.env['RELEASE_EMULATOR_URL'],
    { control_token = process.env['RELEASE_EMULATOR_CONTROL_TOKEN'] || undefined }: { control_token?: string | undefined } = {},
  ): Promise<Emulator> {
    if (!url) throw new StartError('RELEASE_EMULATOR_URL is not set: give a URL, or run under release-emulator exec');
    const emulator = new Emulator(url.replace(/\/+$/, ''), undefined, control_token);
    await emulator.#transport.call('GET', 'ready');
    return emulator;
  }

  /** The process id of an emulator that was started here. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** The end of what an emulator that was started here wrote to stderr. */
  get stderr(): string {
    return this.#process?.stderr ?? '';
  }

  /** Opens a world of its own, such as for a test. */
  async world(options: WorldOptions = {}): Promise<World> {
    return await open(this.#transport, options);
  }

  /** The open worlds. The first is `main`. */
  async worlds(): Promise<World[]> {
    const { worlds } = await this.#transport.call('GET', 'worlds') as Schemas['WorldList'];
    return worlds.map(({ name, url }) => (url === this.url ? this.main : new World(name, url, this.#transport)));
  }

  /** The OpenAPI document of the emulator. */
  async openapi(): Promise<unknown> {
    return await this.#transport.call('GET', 'openapi.json');
  }

  /** Stops an emulator that was started here, and leaves one alone that was connected to. */
  async stop(): Promise<void> {
    this.#transport.close();
    await this.#process?.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** Writes states into files of a folder of their own, since the command line takes nothing else. */
async function writeStates(fixtures: StartOptions['fixtures'] = []): Promise<{ files: string[]; folder?: string }> {
  const given = Array.isArray(fixtures) ? fixtures : [fixtures];
  if (given.every((fixture): fixture is string => typeof fixture === 'string')) return { files: given };
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'release-emulator-'));
  const files = await Promise.all(given.map(async (fixture, index) => {
    if (typeof fixture === 'string') return fixture;
    const file = path.join(folder, `fixtures-${index}.json`);
    await fs.writeFile(file, JSON.stringify(fixture), { mode: 0o600 });
    return file;
  }));
  return { files, folder };
}

function toLength(length: string | number | undefined): string | undefined {
  return typeof length === 'number' ? `${length}ms` : length;
}

type FlagOptions = Omit<StartOptions, 'binary' | 'timeout_ms' | 'control_token'>;

function toFlags({ args = [], step, keep_alive, freeze, ...rest }: FlagOptions): string[] {
  const options = {
    ...rest,
    step: toLength(step),
    keep_alive: toLength(keep_alive),
    freeze: freeze === undefined ? undefined : timestamp(freeze),
  };
  const flags = Object.entries(options).flatMap(([name, value]) => {
    const flag = `--${name.replaceAll('_', '-')}`;
    if (value === undefined || value === false) return [];
    if (value === true) return [flag];
    return (Array.isArray(value) ? value : [value]).flatMap((one) => [flag, String(one)]);
  });
  return [...flags, ...args];
}
