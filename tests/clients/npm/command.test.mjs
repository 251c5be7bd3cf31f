/** The command of the main package: arguments, streams, signals, exit codes, and words if there is no binary. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

import { BINARY, COMMAND, firstLine, isGone, run, until } from './support.mjs';

const { binaryPath, PLATFORMS } = createRequire(import.meta.url)(path.join(path.dirname(COMMAND), 'binary.cjs'));

const command = (...args) => run(process.execPath, [COMMAND, ...args]);

test('arguments, output and exit code are those of the binary', async () => {
  const version = await command('--version');
  const wrong = await command('--no-such-flag');
  const inner = await command('exec', '--', 'sh', '-c', 'echo "$1"; exit 3', 'sh', 'a b');

  assert.deepEqual([version.code, version.stdout], [0, (await run(BINARY, ['--version'])).stdout]);
  assert.deepEqual([wrong.code, wrong.stderr], [2, (await run(BINARY, ['--no-such-flag'])).stderr]);
  assert.deepEqual([inner.code, inner.stdout], [3, 'a b\n']);
});

for (const signal of ['SIGINT', 'SIGTERM']) {
  test(`${signal} stops the server, which exits with 0`, async () => {
    const child = spawn(process.execPath, [COMMAND, '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const url = /url=(\S+)/.exec(await firstLine(child))[1];

    child.kill(signal);

    assert.deepEqual(await once(child, 'exit'), [0, null]);
    await until(() => isGone(url));
  });
}

test('the end of the binary by a signal is the end of the command', async () => {
  const folder = fs.mkdtempSync('killed-');
  const killed = `${process.cwd()}/${folder}/killed`;
  fs.writeFileSync(killed, '#!/bin/sh\nkill -KILL $$\n', { mode: 0o755 });

  const { code, signal } = await run(process.execPath, [COMMAND], { env: { ...process.env, RELEASE_EMULATOR_BINARY: killed } });

  assert.deepEqual([code, signal], [null, 'SIGKILL']);
});

test('RELEASE_EMULATOR_BINARY names another binary, which does not see the variable', async () => {
  const env = { ...process.env, RELEASE_EMULATOR_BINARY: BINARY };

  const { code, stdout } = await run(process.execPath, [COMMAND, 'exec', '--', 'sh', '-c', 'echo ${RELEASE_EMULATOR_BINARY-unset}'], { env });
  const missing = await run(process.execPath, [COMMAND], { env: { ...env, RELEASE_EMULATOR_BINARY: '/no/such/binary' } });
  const wrong = await run(process.execPath, [COMMAND], { env: { ...env, RELEASE_EMULATOR_BINARY: '/etc' } });

  assert.deepEqual([code, stdout], [0, 'unset\n']);
  assert.deepEqual([missing.code, missing.stderr],
    [127, 'release-emulator: RELEASE_EMULATOR_BINARY names /no/such/binary, which does not exist\n']);
  assert.deepEqual([wrong.code, wrong.stderr.split(': ').slice(0, 2)], [127, ['release-emulator', 'cannot start /etc']]);
});

test('without the package of the platform the command says what to do', async (t) => {
  // As `npm install --omit=optional` leaves it.
  const bare = fs.mkdtempSync(path.join(os.tmpdir(), 'bare-'));
  t.after(() => fs.rmSync(bare, { recursive: true }));
  fs.cpSync(path.dirname(COMMAND), path.join(bare, 'bin'), { recursive: true });

  const { code, stderr } = await run(process.execPath, [path.join(bare, 'bin', 'release-emulator.cjs')]);

  assert.equal(code, 127);
  assert.equal(stderr, [
    `release-emulator: the package @release-emulator/${process.platform}-${process.arch}, which contains the binary, is not installed.`,
    'It is an optional dependency of release-emulator: install again without --no-optional or --omit=optional,',
    'and on this platform if node_modules was copied from another one.',
    'Or set RELEASE_EMULATOR_BINARY to the path of a binary.',
    '',
  ].join('\n'));
});

test('each platform has its package, and others are told', () => {
  const found = (platform, arch) => binaryPath({ env: {}, platform, arch, resolve: (name) => name });

  assert.equal(found('linux', 'arm64'), '@release-emulator/linux-arm64/bin/release-emulator');
  assert.equal(found('win32', 'x64'), '@release-emulator/win32-x64/bin/release-emulator.exe');
  assert.throws(() => found('aix', 'ppc64'), new RegExp(`there is no release-emulator for aix-ppc64; there are: ${PLATFORMS.join(', ')}`));
});

test('the manifests have the version of the binary and the packages of all platforms', async () => {
  const manifest = (name) => JSON.parse(fs.readFileSync(createRequire(import.meta.url).resolve(`${name}/package.json`)));
  const main = manifest('release-emulator');
  const own = manifest(`@release-emulator/${process.platform}-${process.arch}`);
  const { stdout } = await run(BINARY, ['--version']);

  assert.equal(stdout, `release-emulator ${main.version}\n`);
  assert.deepEqual(main.optionalDependencies, Object.fromEntries(PLATFORMS.map((name) => [`@release-emulator/${name}`, main.version])));
  assert.equal(main.dependencies, undefined);
  assert.deepEqual([own.version, own.os, own.cpu], [main.version, [process.platform], [process.arch]]);
});
