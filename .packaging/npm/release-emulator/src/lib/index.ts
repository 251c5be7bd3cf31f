/** The emulator from Node: `Emulator` starts it, a `World` controls time, outcomes and failures. */

export { milliseconds, type Duration, type Instant, type Past, type WorldClock } from './clock.js';
export { Emulator, type StartOptions } from './emulator.js';
export { EmulatorError, StartError, UnreachableError, VerificationError } from './errors.js';
export type { EmulatorEvent, EventFilter, EventStream, RequestSummary, RuleChange } from './events.js';
export type { ListFilter, Requests } from './requests.js';
export type { Faults, Scripts } from './rules.js';
export type { Snapshots } from './snapshots.js';
export type * from './types.js';
export type { Webhooks } from './webhooks.js';
export { World, type ForkOptions, type HistoryFilter, type ResourceFilter, type WorldOptions } from './world.js';
