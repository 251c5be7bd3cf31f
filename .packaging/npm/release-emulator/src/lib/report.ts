/** The report of a world for a test that has failed. */

import type { WorldClock } from './clock.js';
import type { Requests } from './requests.js';
import type { Faults, Scripts } from './rules.js';
import type {
  Journal, ListedFault, ListedScript, RequestEntry, ResourceFamily, ResourceList, Timeline, Transition,
} from './types.js';

/** The parts of a world that a report reads. */
export interface Reported {
  name: string;
  clock: WorldClock;
  requests: Requests;
  scripts: Scripts;
  faults: Faults;
  resources(filter: { limit: number }): Promise<ResourceList>;
  timeline(family: ResourceFamily, id: string): Promise<Timeline>;
}

/** The most lines of a kind: the newest. */
const MOST_REQUESTS = 20;
const MOST_RESOURCES = 10;
const MOST_TRANSITIONS = 20;

/** The report, with the most telling part first. */
export async function report(world: Reported): Promise<string> {
  const [clock, journal, { resources, count }, scripts, faults] = await Promise.all([
    world.clock.show(),
    // The journal may be off, which is worth a line.
    world.requests.list().catch((error: Error) => error),
    world.resources({ limit: 1_000 }),
    world.scripts.unused(),
    world.faults.unused(),
  ]);
  const shown = resources.slice(-MOST_RESOURCES);
  const timelines = await Promise.all(shown.map(({ family, id }) => world.timeline(family, id)));
  const sections = [
    ...(journal instanceof Error ? [[`requests: ${journal.message}`]] : recorded(journal)),
    section('timelines', timelines.flatMap(timeline), count - MOST_RESOURCES),
    section('unused scripts', scripts.map(unusedScript), 0),
    section('unused faults', faults.filter(({ enabled }) => enabled !== false).map(unusedFault), 0),
  ];
  return [`world ${world.name} at ${clock.now} (${clock.mode})`, ...sections.flat()].join('\n');
}

function recorded({ requests, total, dropped }: Journal): string[][] {
  const refused = requests.filter(({ status }) => status >= 400);
  return [
    dropped > 0 ? [`the journal has dropped ${dropped} older requests`] : [],
    section('refused requests', refused.slice(-MOST_REQUESTS).flatMap(refusal), refused.length - MOST_REQUESTS),
    section('requests', requests.slice(-MOST_REQUESTS).map(line), total - MOST_REQUESTS, 'none'),
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
  const reason = misfit ? `: nothing fits its ${misfit}${nearest ? `, did you mean ${nearest}?` : ''}` : '';
  return `${id} ${JSON.stringify(match)}${reason}`;
}

function unusedFault({ id, match }: ListedFault): string {
  return `${id} ${JSON.stringify(match)}`;
}
