/** The process of an emulator: its start, its ready line, its end. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { clearTimeout, setTimeout } from 'node:timers';

import { binaryPath } from '../../bin/binary.cjs';
import { StartError } from './errors.js';

const READY = /^release-emulator ready url=(\S+)/m;

/** Stderr that is kept, in characters. */
const KEPT = 65_536;

/** The time from SIGTERM to SIGKILL. */
const GRACE_MS = 5_000;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

interface ProcessOptions {
  binary?: string | undefined;
  timeout_ms?: number | undefined;
  control_token?: string | undefined;
}

export class EmulatorProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #stderr = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#exited = once(child, 'exit').catch(() => undefined);
    // It may end first.
    child.stdin?.on('error', () => undefined);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-KEPT);
    });
  }

  /** Starts a process and returns it with its URL once it answers. */
  static async start(
    flags: string[], { binary = binaryPath(), timeout_ms = 30_000, control_token }: ProcessOptions,
  ): Promise<[EmulatorProcess, string]> {
    // Options are those that the test names, whatever the machine's environment says.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('RELEASE_EMULATOR_')));
    // Not a flag, which every user of the machine can read.
    if (control_token !== undefined) env['RELEASE_EMULATOR_CONTROL_TOKEN'] = control_token;
    // Nobody writes to its stdin, whose end stops it, even if this process is killed.
    const child = spawn(binary, [...flags, '--stop-with-stdin'], { env, stdio: 'pipe' });
    const started = new EmulatorProcess(child);
    const url = await started.#ready(binary, timeout_ms);
    started.#letGo();
    return [started, url];
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The end of what the process wrote to stderr. */
  get stderr(): string {
    return this.#stderr;
  }

  /** Ends the process, and returns once it has ended. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.ref();
    this.#child.kill();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), GRACE_MS);
    await this.#exited;
    clearTimeout(timer);
  }

  #ready(binary: string, timeoutMs: number): Promise<string> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      let stdout = '';
      const fail = (reason: string, cause?: unknown) => {
        clearTimeout(timer);
        const words = this.#stderr.trim();
        reject(new StartError(`the emulator did not start: ${reason}${words ? `\n${words}` : ''}`, cause));
      };
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        fail(`it was not ready after ${timeoutMs} ms`);
      }, timeoutMs);
      child.once('error', (error) => fail(`cannot run ${binary}: ${error.message}`, error));
      // Not `exit`, which may come before the last words on stderr.
      child.once('close', (code, signal) => fail(signal ? `signal ${signal}` : `exit code ${code}`));
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
        const url = READY.exec(stdout)?.[1];
        if (url === undefined) return;
        clearTimeout(timer);
        child.stdout?.removeAllListeners('data').resume();
        resolve(url);
      });
    });
  }

  /** Lets this process end by itself, and take the emulator with it. */
  #letGo(): void {
    const child = this.#child;
    child.unref();
    (child.stdin as Socket | null)?.unref();
    (child.stdout as Socket | null)?.unref();
    (child.stderr as Socket | null)?.unref();

    if (running.size === 0) watch();
    running.add(child);
    child.once('exit', () => {
      running.delete(child);
      if (running.size === 0) unwatch();
    });
  }
}

/** The emulators that end with this process. */
const running = new Set<ChildProcess>();

function endAll(): void {
  for (const child of running) child.kill();
}

function passOn(signal: NodeJS.Signals): void {
  endAll();
  // With no one else to handle the signal it ends this process, as if it had never been caught.
  unwatch();
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}

// Once for all emulators: Node warns of many listeners of one event.
function watch(): void {
  process.once('exit', endAll);
  for (const signal of SIGNALS) process.on(signal, passOn);
}

function unwatch(): void {
  process.off('exit', endAll);
  for (const signal of SIGNALS) process.off(signal, passOn);
}
