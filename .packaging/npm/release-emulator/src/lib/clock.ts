/** The virtual clock of a world. */

import type { Transport } from './transport.js';
import type { Clock, ClockAdvanced, ClockRewound, ClockSetting, ClockTarget } from './types.js';

/** An instant: a date, or RFC 3339 text. */
export type Instant = Date | string;

/** A length of virtual time: milliseconds, or a sum of units. */
export type Duration = number | { days?: number; hours?: number; minutes?: number; seconds?: number; ms?: number };

const MS = { days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1_000, ms: 1 };

/** Milliseconds of a length. */
export function milliseconds(length: Duration): number {
  if (typeof length === 'number') return length;
  const units = Object.entries(length) as [keyof typeof MS, number | undefined][];
  return units.reduce((sum, [unit, count]) => {
    if (MS[unit] === undefined) throw new TypeError(`unknown unit ${unit}; known: ${Object.keys(MS).join(', ')}`);
    return sum + (count ?? 0) * MS[unit];
  }, 0);
}

/** RFC 3339 text of an instant. */
export function timestamp(instant: Instant): string {
  return typeof instant === 'string' ? instant : instant.toISOString();
}

/** A place in the history of a world: an instant, or the number of a command, right after which it is. */
export interface Past {
  at?: Instant;
  command?: number;
}

/** A place in the history as the control plane takes it. */
export function place({ at, command }: Past): { at?: string; command?: number } {
  return { ...(at === undefined ? {} : { at: timestamp(at) }), ...(command === undefined ? {} : { command }) };
}

export class WorldClock {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The present instant, the mode and the pace. */
  async show(): Promise<Clock> {
    return await this.#transport.call('GET', 'clock') as Clock;
  }

  /** The present instant. */
  async now(): Promise<Date> {
    return new Date((await this.show()).now);
  }

  /** Sets any of `now`, `mode` and `pace`. Time never moves back, except by a rewind or a reset. */
  async set(setting: Omit<ClockSetting, 'now'> & { now?: Instant }): Promise<Clock> {
    const { now, ...rest } = setting;
    return await this.#transport.call('PUT', 'clock', now === undefined ? rest : { ...rest, now: timestamp(now) }) as Clock;
  }

  /** Stops the clock, at an instant if one is given. */
  freeze(at?: Instant): Promise<Clock> {
    return this.set(at === undefined ? { mode: 'frozen' } : { mode: 'frozen', now: at });
  }

  /** Lets the clock run, at another pace if one is given. */
  run(pace?: number): Promise<Clock> {
    return this.set(pace === undefined ? { mode: 'running' } : { mode: 'running', pace });
  }

  /**
   * Moves the clock forward. Returns the transitions on the way. It stops at the first instant at which there have been
   * `maxTransitions`.
   */
  async advance(length: Duration, { maxTransitions }: { maxTransitions?: number } = {}): Promise<ClockAdvanced> {
    const bound = maxTransitions === undefined ? {} : { max_transitions: maxTransitions };
    return await this.#transport.call('POST', 'clock/advance', { ms: milliseconds(length), ...bound }) as ClockAdvanced;
  }

  /**
   * Moves the clock forward to the first instant at which the target holds: the next change (`'next'`), the instant from
   * which time alone moves nothing (`'idle'`), or a status of a resource. Throws what is in the way if it is not
   * reached within a day, or within the given length.
   */
  async until(target: ClockTarget, { within }: { within?: Duration } = {}): Promise<ClockAdvanced> {
    const bound = within === undefined ? {} : { within_ms: milliseconds(within) };
    return await this.#transport.call('POST', 'clock/advance', { until: target, ...bound }) as ClockAdvanced;
  }

  /**
   * Sets the world back to an instant, or to the state right after a command of its history, and returns what it dropped.
   * State, ids, clock, scripts and faults are as they were then. Journal, events and webhooks do not go back.
   */
  async rewind(to: Instant | { command: number }): Promise<ClockRewound> {
    const body = typeof to === 'object' && 'command' in to ? to : { to: timestamp(to) };
    return await this.#transport.call('POST', 'clock/rewind', body) as ClockRewound;
  }
}
