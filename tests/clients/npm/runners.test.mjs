/** The helpers under the real test runners: worlds that begin anew and are closed, and failures that explain themselves. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';

import { BINARY, isGone, run, until } from './support.mjs';

const RUNNERS = {
  'node:test': {
    args: ['--test', '--test-reporter=spec', 'node.test.mjs'],
    failing: ['fails with withWorld', 'fails with useWorld'],
    totals: [/ℹ pass 5\n/, /ℹ fail 3\n/],
  },
  Vitest: {
    args: [path.join(process.env.TOOLS, 'vitest'), 'run', '--root', '.', 'vitest.test.mjs'],
    failing: ['fails with a fixture', 'fails with useWorld'],
    totals: [/Tests {2}2 failed \| 5 passed \(7\)/],
  },
  Jest: {
    args: [path.join(process.env.TOOLS, 'jest'), '--rootDir', '.', '--testMatch', '**/jest.test.cjs', '--colors=false'],
    failing: ['fails with withWorld', 'fails with useWorld'],
    totals: [/Tests: +2 failed, 7 passed, 9 total/],
  },
};

// The report of the story's world, line by line; only the name of the world and the ids are the emulator's choice.
const REPORT = [
  /^world \S+ at 2030-01-01T00:00:02Z \(frozen\)$/,
  /^refused requests:$/,
  /^ {2}POST \/v3\/p1\/pipeline\/pipelines returned 400: parameter invalid: .*name/,
  /^ {4}hint: unknown field nmae was ignored, did you mean name\?$/,
  /^requests:$/,
  /^ {2}POST \/v3\/p1\/pipeline\/pipelines returned 400$/,
  /^ {2}POST \/v3\/p1\/pipeline\/pipelines returned 200$/,
  /^ {2}POST \/v3\/p1\/pipeline\/pipelines\/[0-9a-f-]{36}\/action\?action_id=start returned 200$/,
  /^ {2}GET \/v3\/p1\/pipeline\/pipelines\/[0-9a-f-]{36} returned 200$/,
  /^timelines:$/,
  /^ {2}pipelines shop \([0-9a-f-]{36}\): status 3 \(failed\), allows /,
  /^ {4}2030-01-01T00:00:00Z - -> 1 \(create\)$/,
  /^ {4}2030-01-01T00:00:00Z 1 -> 4 \(start\)$/,
  /^ {4}2030-01-01T00:00:00Z deploy\/roll-out: - -> 4 \(start\)$/,
  /^ {4}2030-01-01T00:00:02Z 4 -> 3 \(clock\)$/,
  /^ {4}2030-01-01T00:00:02Z deploy\/roll-out: 4 -> 3 \(clock\)$/,
  /^unused scripts:$/,
  /^ {2}late \{"family":"pipelines","step":"roll-in","work":"run"\}/,
];

/** The lines from the first that begins a report, in a part of an output, without the runner's indent. */
function reportIn(output, name) {
  const lines = output.slice(output.indexOf(name)).split('\n');
  const first = lines.findIndex((line) => /^ *world \S+ at /.test(line));
  const indent = /^ */.exec(lines[first] ?? '')[0].length;
  return lines.slice(first, first + REPORT.length).map((line) => line.slice(indent));
}

// The runners of this test are those of the samples, too.
const { NODE_TEST_CONTEXT: _, ...env } = process.env;
const start = (program, args) => run(program, args, { cwd: 'samples', env });

for (const [runner, { args, failing, totals }] of Object.entries(RUNNERS)) {
  test(`${runner} shows a failure with the report of its world, and leaves nothing behind`, async () => {
    const { code, stdout, stderr } = await start(process.execPath, args);
    const output = stdout + stderr;

    assert.equal(code, 1, output);
    for (const total of totals) assert.match(output, total);
    for (const name of failing) {
      const report = reportIn(output.slice(output.search(/failing tests|Failed Tests|●/)), name);
      REPORT.forEach((line, index) => assert.match(report[index], line, output));
    }

    // The samples print where they were: neither a world nor an emulator is left.
    const urls = [...stdout.matchAll(/url (http:\S+)/g)].map(([, url]) => url);
    assert.ok(urls.length > 0, stdout);
    for (const url of urls) await until(() => isGone(url));
  });

  test(`${runner} uses the emulator of exec, which finds the unused scripts`, async () => {
    const { code, stdout, stderr } = await start(BINARY, ['exec', '--fail-on', 'unused-script', '--', 'sh', '-c',
      '"$@" >/dev/null 2>&1; echo "ended $?"; exit 0', 'sh', process.execPath, ...args]);

    assert.equal(code, 7, stdout + stderr);
    assert.match(stdout, /ended 1/);
    assert.match(stderr, /unused-script: late \(family pipelines, step roll-in\)/);
  });
}
