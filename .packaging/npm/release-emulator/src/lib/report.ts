/** The report of a world for a test that has failed. */

import type { WorldClock } from './clock.js';
import type { Requests } from './requests.js';
import type { Faults, Scripts } from './rules.js';
import type {
  ListedFault, ListedScript, RequestEntry, ResourceFamily, ResourceList, Timeline, Transition,
} from './types.js';

/** The parts of a world that a report reads. */
export interface Reported {
  name: string;
  clock: WorldClock;
  requests: Requests;
  scripts: Scripts;
  faults: Faults;
  resources(filter: { limit: number; offset?: number }): Promise<ResourceList>;
  timeline(family: ResourceFamily, id: string): Promise<Timeline>;
}

/** The most lines of a kind: the newest. */
const MOST_REQUESTS = 20;
const MOST_RESOURCES = 10;
const MOST_TRANSITIONS = 20;

/** The report, with the most telling part first. */
export async function report(world: Reported): Promise<string> {
  const [clock, requests, { resources, count }, scripts, faults] = await Promise.all([
    world.clock.show(),
    // The journal may be off, which is worth a line.
    recorded(world.requests).catch((error: Error) => [[`requests: ${error.message}`]]),
    newest(world),
    world.scripts.unused(),
    world.faults.unused(),
  ]);
  const timelines = await Promise.all(resources.map(({ family, id }) => world.timeline(family, id)));
  const sections = [
    ...requests,
    section('timelines', timelines.flatMap(timeline), count - MOST_RESOURCES),
    section('unused scripts', scripts.map(unusedScript), 0),
    section('unused faults', faults.filter(({ enabled }) => enabled !== false).map(unusedFault), 0),
  ];
  return [`world ${world.name} at ${clock.now} (${clock.mode})`, ...sections.flat()].join('\n');
}

/** The last resources, of which a world may have many. */
async function newest(world: Reported): Promise<ResourceList> {
  const first = await world.resources({ limit: MOST_RESOURCES });
  const offset = first.count - MOST_RESOURCES;
  return offset > 0 ? await world.resources({ limit: MOST_RESOURCES, offset }) : first;
}

/** The last requests, and the last refused ones; the whole journal may be megabytes. */
async function recorded(requests: Requests): Promise<string[][]> {
  const limit = MOST_REQUESTS;
  const [all, ...refusing] = await Promise.all([
    requests.list({ limit }), requests.list({ limit, status: '4*' }), requests.list({ limit, status: '5*' }),
  ]);
  const refused = refusing.flatMap((journal) => journal.requests).sort((one, other) => one.id - other.id);
  const count = refusing.reduce((sum, { total }) => sum + total, 0);
  const dropped = all.dropped > 0 ? [`the journal has dropped ${all.dropped} older requests`] : [];
  return [
    dropped,
    section('refused requests', refused.slice(-MOST_REQUESTS).flatMap(refusal), count - MOST_REQUESTS),
    section('requests', all.requests.map(line), all.total - MOST_REQUESTS, 'none'),
  ];
}

function section(title: string, lines: string[], left: number, empty?: string): string[] {
  if (lines.length === 0) return empty === undefined ? [] : [`${title}: ${empty}`];
  const rest = left > 0 ? [`  (${left} more before these)`] : [];
  return [`${title}:`, ...rest, ...lines.map((text) => `  ${text}`)];
}

function line({ method, path, query, status, fault }: RequestEntry): string {
  const injected = fault ? ` (fault ${fault})` : '';
  return `${method} ${path}${query ? `?${query}` : ''} returned ${status}${injected}`;
}

function refusal(entry: RequestEntry): string[] {
  const hint = (entry.response.headers as Record<string, string>)['x-emulator-hint'];
  const reason = text(entry.response.body);
  return [`${line(entry)}${reason ? `: ${reason}` : ''}`, ...(hint ? [`  hint: ${hint}`] : [])];
}

/** The text of a family's error body, whichever it is. */
function text(body: unknown): string {
  if (typeof body === 'string') return body;
  if (typeof body !== 'object' || body === null) return '';
  const { error, ...rest } = body as Record<string, unknown>;
  const fields = { ...rest, ...(typeof error === 'object' ? error : { error }) } as Record<string, unknown>;
  const words = [fields['error_msg'], fields['errorMsg'], fields['message'], fields['description'], fields['error']];
  return words.find((word): word is string => typeof word === 'string' && word !== '') ?? JSON.stringify(body);
}

function timeline({ family, name, id, status, word, allowed, transitions, truncated }: Timeline): string[] {
  const shown = transitions.slice(-MOST_TRANSITIONS);
  const left = truncated + transitions.length - shown.length;
  const commands = allowed.length > 0 ? `, allows ${allowed.join(', ')}` : '';
  const inWords = word && word !== status ? ` (${word})` : '';
  return [
    `${family} ${name} (${id}): status ${status}${inWords}${commands}`,
    ...(left > 0 ? [`  (${left} more before these)`] : []),
    ...shown.map((transition) => `  ${transition.time} ${change(transition)}`),
  ];
}

function change({ stage, service, step, from, to, cause }: Transition): string {
  const part = [stage ?? service, step].filter((name) => name !== undefined).join('/');
  return `${part ? `${part}: ` : ''}${from || '-'} -> ${to || '-'} (${cause})`;
}

function unusedScript({ id, match, misfit, nearest }: ListedScript): string {
  const reason = misfit ? `: nothing known fits its ${misfit}${nearest ? `, did you mean ${nearest}?` : ''}` : '';
  return `${id} ${JSON.stringify(match)}${reason}`;
}

function unusedFault({ id, match }: ListedFault): string {
  return `${id} ${JSON.stringify(match)}`;
}
