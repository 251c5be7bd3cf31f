#!/usr/bin/env node
/**
 * The command `release-emulator`: runs the binary of this platform with the same arguments, streams, signals and exit
 * code.
 */
'use strict';

const { spawn } = require('node:child_process');
const { constants } = require('node:os');

const { binaryPath } = require('./binary.cjs');

const CANNOT_START = 127;

function fail(error) {
  process.stderr.write(`release-emulator: ${error.message}\n`);
  process.exitCode = CANNOT_START;
}

function run(binary) {
  // The emulator takes every variable with its prefix for an option.
  const { RELEASE_EMULATOR_BINARY: _, ...env } = process.env;
  const child = spawn(binary, process.argv.slice(2), { env, stdio: 'inherit' });

  // A terminal interrupts the child as well. A second signal changes nothing for a server that is stopping, and
  // `release-emulator exec` keeps a terminal's from its command.
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  const pass = (signal) => child.kill(signal);
  for (const signal of signals) process.on(signal, pass);

  child.on('error', (error) => fail(new Error(`cannot start ${binary}: ${error.message}`)));
  child.on('exit', (code, signal) => {
    for (const name of signals) process.off(name, pass);
    if (signal === null) {
      process.exitCode = code;
    } else {
      // Whoever started this process sees the same end.
      process.exitCode = 128 + constants.signals[signal];
      process.kill(process.pid, signal);
    }
  });
}

let binary;
try {
  binary = binaryPath();
} catch (error) {
  fail(error);
}
if (binary) run(binary);
