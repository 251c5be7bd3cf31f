/** What the tests of the packages share. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** The binary that the package for this platform brings. */
export const BINARY = require.resolve(`@release-emulator/${process.platform}-${process.arch}/bin/release-emulator`);

/** The command that the main package brings. */
export const COMMAND = require.resolve('release-emulator/package.json').replace('package.json', 'bin/release-emulator.cjs');

const STAGES = [{ name: 'build', tasks: [{ name: 'compile' }] }];

/** A call to an emulated service, and the JSON that it answers. */
export async function call(method, url, body) {
  const answer = await fetch(url, { method, headers: { 'X-Auth-Token': 'any' }, body: body && JSON.stringify(body) });
  const text = await answer.text();
  return text === '' ? undefined : JSON.parse(text);
}

/** The address of the pipelines of a world. */
export const pipelinesOf = (world) => `${world.url}/v3/p1/pipeline/pipelines`;

/** Creates a pipeline and starts it. Returns its id. */
export async function startedPipeline(world, { name = 'shop', stages = STAGES } = {}) {
  const pipelines = pipelinesOf(world);
  const { id } = await call('POST', pipelines, { name, model_version: 2, config_mode: 'ui', stages });
  await call('POST', `${pipelines}/${id}/action?action_id=start`);
  return id;
}

/** Runs a program to its end: its exit code or signal, and what it wrote. */
export async function run(program, args, { env = process.env, cwd } = {}) {
  const child = spawn(program, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => { output.stdout += text; });
  child.stderr.setEncoding('utf8').on('data', (text) => { output.stderr += text; });
  const [code, signal] = await once(child, 'close');
  return { code, signal, ...output };
}

/** The first line of a running child's stdout. */
export async function firstLine(child) {
  let text = '';
  for await (const chunk of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    text += chunk;
    if (text.includes('\n')) break;
  }
  return text.split('\n')[0];
}

/** True if nothing answers at an address. */
export async function isGone(url) {
  return await fetch(url).then(() => false, () => true);
}

/** Waits until a condition holds, which the end of the test bounds. */
export async function until(condition) {
  while (!await condition()) await new Promise((resolve) => setImmediate(resolve));
}
