/** The page on testing from JavaScript and the README of the package: each example runs, as it stands there. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { COMMAND, run } from './support.mjs';

const page = fs.readFileSync(process.env.PAGE, 'utf8');
const readme = fs.readFileSync(COMMAND.replace('bin/release-emulator.cjs', 'README.md'), 'utf8');
const { NODE_TEST_CONTEXT: _, ...env } = process.env;

const BLOCK = /(?<text>[^]*?)^```(?<language>\w+)\n(?<code>[^]*?)^```$/gm;

/** The blocks of a text in their order, each with the file that is named last before it. */
function blocks(text) {
  return [...text.matchAll(BLOCK)].map(({ groups }) => {
    const names = [...groups.text.matchAll(/`([\w.]+\.(?:mjs|cjs|mts))`/g)];
    return { language: groups.language, code: groups.code, name: names.at(-1)?.[1] };
  });
}

const tool = (name) => path.join(process.env.TOOLS, name);

const RUNS = {
  'shop.test.mjs': [process.execPath, '--test', 'shop.test.mjs'],
  'hooks.test.mjs': [process.execPath, '--test', 'hooks.test.mjs'],
  'shop.vitest.mjs': [process.execPath, tool('vitest'), 'run', '--root', '.', 'shop.vitest.mjs'],
  'shop.jest.cjs': [process.execPath, tool('jest'), '--rootDir', '.', '--testMatch', '**/shop.jest.cjs'],
  'past.test.mjs': [process.execPath, '--test', 'past.test.mjs'],
  'watch.mjs': [process.execPath, 'watch.mjs'],
  'hello.mts': [process.execPath, 'hello.mjs'],
  'sdk.test.mjs': [process.execPath, '--test', 'sdk.test.mjs'],
};

describe('the page', () => {
  const folder = path.resolve('page');
  const examples = blocks(page).filter(({ language }) => ['js', 'ts'].includes(language));
  const texts = blocks(page).filter(({ language }) => language === 'text').map(({ code }) => code);
  const commands = blocks(page).filter(({ language }) => language === 'sh').flatMap(({ code }) => code.trim().split('\n'));
  const start = ([program, ...args]) => run(program, args, { cwd: folder, env });

  before(() => {
    fs.mkdirSync(folder);
    for (const { name, code } of examples) fs.writeFileSync(path.join(folder, name), code);
    // Vitest takes no file that does not look like a test.
    fs.writeFileSync(path.join(folder, 'vitest.config.mjs'), "export default { test: { include: ['*.vitest.mjs'] } };\n");
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  test('has the examples that run here, and no others', () => {
    assert.deepEqual(examples.map(({ name }) => name), Object.keys(RUNS));
  });

  for (const [name, line] of Object.entries(RUNS)) {
    test(`${name} runs`, async () => {
      if (name.endsWith('.mts')) {
        const strict = ['--strict', '--module', 'node16', '--target', 'es2022', '--types', 'node', name];
        const compiled = await start([process.execPath, tool('tsc'), ...strict]);
        assert.equal(compiled.code, 0, compiled.stdout);
      }

      const { code, stdout, stderr } = await start(line);

      assert.equal(code, 0, stdout + stderr);
      if (name === 'watch.mjs') assert.equal(stdout, texts[1]);
      if (name === 'hello.mts') assert.equal(stdout, 'shop: Running\n');
    });
  }

  test('shows the failure as it is', async () => {
    fs.writeFileSync(path.join(folder, 'failure.test.mjs'), `
      import assert from 'node:assert/strict';
      import { test } from 'node:test';
      import { withWorld } from 'release-emulator/node-test';
      test('fails', withWorld(async (world) => {
        await world.scripts.add({ id: 'late', match: { step: 'roll-out' }, outcome: 'fail' });
        const body = JSON.stringify({ nmae: 'shop' });
        const headers = { 'X-Auth-Token': 'any' };
        const { status } = await fetch(world.url + '/v3/p1/pipeline/pipelines', { method: 'POST', headers, body });
        assert.equal(status, 200);
      }));`);

    const { code, stdout } = await start([process.execPath, '--test', '--test-reporter=tap', 'failure.test.mjs']);

    assert.equal(code, 1);
    const [, error] = /error: \|-\n([^]*?)\n +code:/.exec(stdout);
    const lines = error.split('\n').map((line) => line.slice(4));
    const expected = texts[0].trimEnd().split('\n');
    assert.equal(lines.length, expected.length, error);
    expected.forEach((line, index) => {
      const literal = line.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
      assert.match(lines[index].trimEnd(), new RegExp(`^${literal.join('.*')}$`));
    });
  });

  test('has commands that work', async () => {
    const [cargo, build, install, exec] = commands;
    assert.equal(commands.length, 4);
    assert.equal(cargo, 'cargo build --release');
    // The first two have made what this test uses.
    assert.equal(build, '.packaging/npm/build target/release/release-emulator packages');
    const empty = path.join(folder, 'empty');
    fs.mkdirSync(empty);
    fs.writeFileSync(path.join(empty, 'package.json'), '{ "private": true }');
    fs.symlinkSync(path.resolve('../tarballs'), path.join(empty, 'packages'));

    const installed = await run('sh', ['-c', install], { cwd: empty, env: { ...env, npm_config_cache: path.join(empty, 'cache') } });
    const ran = await run('sh', ['-c', exec.replace('npx', 'npx --offline')], { cwd: folder, env });

    assert.equal(installed.code, 0, installed.stderr);
    assert.ok(fs.existsSync(path.join(empty, 'node_modules', '.bin', 'release-emulator')));
    // The scripts of both files have applied, and no call went astray.
    assert.equal(ran.code, 0, ran.stdout + ran.stderr);
  });
});

test('the example of the README runs', async () => {
  const [{ code }] = blocks(readme);
  fs.mkdirSync('readme', { recursive: true });
  fs.writeFileSync('readme/readme.test.mjs', code);

  const ran = await run(process.execPath, ['--test', 'readme.test.mjs'], { cwd: 'readme', env });

  assert.equal(ran.code, 0, ran.stdout);
});
