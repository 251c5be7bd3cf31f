/**
 * Runs the emulator as a test bench would: starts the binary, moves its time, stops it.
 * Nothing in here knows the SDK.
 */
'use strict';

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const readline = require('node:readline');
const { after, before, beforeEach } = require('node:test');

const FIXTURES = path.join(__dirname, '..', 'fixtures.json');

// The instant at which every test's clock is frozen at first, and the same in ServiceStage's milliseconds.
const START = '2040-01-01T00:00:00Z';
const START_MS = 2_208_988_800_000;

// Duration of one step of work.
const STEP_MS = 2_000;

/** A running emulator, by its address, and its control plane. */
class Emulator {
  /** A process of its own on a free port. */
  async start() {
    const flags = ['--listen', '127.0.0.1:0', '--fixtures', FIXTURES, '--auth', 'strict'];
    const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('RELEASE_EMULATOR_'));
    const env = Object.fromEntries(kept);
    this.process = spawn(process.env.EMULATOR_BINARY, flags, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    process.on('exit', () => this.process.kill());

    const lines = readline.createInterface({ input: this.process.stdout });
    const exited = once(this.process, 'exit').then(([code]) => [`exit code ${code}`]);
    const [line] = await Promise.race([once(lines, 'line'), exited]);
    const ready = /^release-emulator ready url=(http:\/\/127\.0\.0\.1:\d+) pid=\d+$/.exec(line);
    if (!ready) throw new Error(`not ready: ${line}`);
    this.url = ready[1];
  }

  async stop() {
    if (this.process?.exitCode !== null || !this.process.kill()) return;
    await once(this.process, 'exit');
  }

  /** Back to what it started with, and the clock stands at START. */
  async begin() {
    await this.control('POST', 'reset');
    await this.control('PUT', 'clock', { now: START, mode: 'frozen' });
  }

  /** Moves the clock, by one step if nothing else is said. */
  async advance(ms = STEP_MS) {
    await this.control('POST', 'clock/advance', { ms });
  }

  async control(method, what, body) {
    const answer = await fetch(`${this.url}/_emulator/v1/${what}`, { method, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${what}: ${answer.status} ${await answer.text()}`);
    await answer.arrayBuffer();
  }
}

/** An emulator for the tests of the `describe` that this is called in, each of which begins anew. */
function emulator() {
  const made = new Emulator();
  before(() => made.start());
  beforeEach(() => made.begin());
  after(() => made.stop());
  return made;
}

module.exports = { FIXTURES, START_MS, STEP_MS, emulator };
