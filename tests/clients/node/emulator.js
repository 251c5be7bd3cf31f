/**
 * A world of the emulator for each test, from our own npm package.
 * Nothing in here knows the SDK.
 */
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { useWorld } = require('release-emulator/node-test');

const FIXTURES = path.join(__dirname, '..', 'fixtures.json');

// The instant at which every test's clock is frozen at first, and the same in ServiceStage's milliseconds.
const START = '2040-01-01T00:00:00Z';
const START_MS = 2_208_988_800_000;

// Duration of one step of work.
const STEP_MS = 2_000;

/** The world of the current test in the `describe` that this is called in, with the users of the fixtures. */
function emulator() {
  const fixtures = JSON.parse(fs.readFileSync(FIXTURES, 'utf8'));
  const emulated = useWorld({ fixtures, auth: 'strict', freeze: START });
  return {
    get url() {
      return emulated.world.url;
    },
    /** Moves the clock, by one step if nothing else is said. */
    advance: (ms = STEP_MS) => emulated.world.clock.advance(ms),
  };
}

module.exports = { FIXTURES, START_MS, STEP_MS, emulator };
