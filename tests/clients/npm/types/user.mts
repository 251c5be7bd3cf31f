/** A user with the strictest compiler: all of the client is used, and what must not compile does not. */
import {
  Emulator, EmulatorError, VerificationError, World,
  type ClockRewound, type EmulatorEvent, type HistoryCommand, type Schemas, type Snapshot, type StartOptions, type Transition,
} from 'release-emulator';
import type { components, paths } from 'release-emulator/openapi';

type Same<A, B> = [A, B] extends [B, A] ? true : never;
const same: Same<Schemas['Clock'], components['schemas']['Clock']> = true;
const list: keyof paths = '/v3/{project_id}/pipeline/pipelines';

const options: StartOptions = { fixtures: 'documented', auth: 'shape', step: 500, freeze: new Date('2030-01-01T00:00:00Z') };
// @ts-expect-error No such kind of credentials.
const wrong: StartOptions = { auth: 'none' };

await using emulator = await Emulator.start(options);
await using world: World = await emulator.world({ name: 'typed', fixtures: { servicestage: { projects: [] } } });

const body: Schemas['PipelineBody'] = {
  name: 'shop', model_version: 2, config_mode: 'ui', stages: [{ name: 'build', tasks: [{ name: 'compile' }] }],
};
const pipelines = world.url + list.replace('{project_id}', 'p1');
const post = { method: 'POST', headers: { 'X-Auth-Token': 'any' } };
const created = await fetch(pipelines, { ...post, body: JSON.stringify(body) });
const { id } = await created.json() as { id: string };

await world.scripts.add({ match: { family: 'pipelines', step: 'compile' }, outcome: 'fail', message: 'no disk', takes_ms: { min: 1, max: 2 } });
await world.faults.add({ match: { operation: 'ListPipelines' }, do: { status: 503, delay_ms: 1 }, times: 1 });
// @ts-expect-error No such outcome.
const outcome: Parameters<typeof world.scripts.add>[0] = { outcome: 'explode' };

const events = await world.events({ family: 'pipelines' });
await fetch(`${pipelines}/${id}/action?action_id=start`, post);
const { transitions }: { transitions: Transition[] } = await world.clock.until({ family: 'pipelines', id, status: 'failed' });
const seen: EmulatorEvent[] = [];
for await (const event of events) {
  seen.push(event);
  if (event.event === 'transition' && event.data.to === '3' && event.data.step === undefined) break;
}
if (transitions.length === 0 || seen.length === 0) throw new Error('nothing happened');

const advanced = await world.clock.advance({ hours: 1, minutes: 30 });
const total: number = advanced.transitions.length + advanced.truncated;
const matched: number = await world.requests.verify({ match: { operation: 'CreatePipeline' }, exactly: 1 });
const { requests } = await world.requests.list({ operation: 'OperatePipeline', query: { action_id: 'start' }, limit: 1 });
const status: number | undefined = requests[0]?.status;
const refused = await world.requests.verify({ at_least: 100 }).catch((error: unknown) => error);
if (!(refused instanceof VerificationError && refused instanceof EmulatorError)) throw new Error(String(refused));
const { forecast } = await world.timeline('pipelines', id);

const snapshot: Snapshot = await world.snapshots.add('now');
const { commands }: { commands: HistoryCommand[] } = await world.history({ since: new Date(snapshot.at), limit: 5 });
await using copy: World = await world.fork({ at: new Date(), command: snapshot.command });
// @ts-expect-error A copy has the settings of its world.
const settings: Parameters<typeof world.fork>[0] = { auth: 'strict' };
const rewound: ClockRewound = await copy.clock.rewind({ command: 0 });
// @ts-expect-error No such place.
await copy.clock.rewind({ at: snapshot.at });
const kept: StartOptions = { data: 'kept', sync: true, data_reset: true, history_bytes: 0 };
console.log(same, wrong, outcome, total, matched, status, forecast.length, (await world.resources()).count);
console.log(commands.length, settings, rewound.dropped.length, kept, await world.timeline('pipelines', id, { at: snapshot.at }));
