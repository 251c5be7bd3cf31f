import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { useWorld, withWorld } from 'release-emulator/node-test';

import { play } from './story.cjs';

console.log(`file ${process.pid}`);

test('passes', withWorld(async (world) => assert.equal(await play(world), 3)));
test('begins anew', withWorld(async (world, t) => {
  assert.equal(t.name, 'begins anew');
  assert.equal((await world.resources()).count, 0);
  console.log(`url ${world.url}`);
}));
test('has settings', withWorld({ freeze: null }, async (world) => {
  assert.equal((await world.clock.show()).mode, 'running');
}));
test('fails with withWorld', withWorld(async (world) => assert.equal(await play(world), 2)));
test('fails with a text', withWorld(async () => { throw 'a text'; }));

describe('hooks', () => {
  const emulated = useWorld();
  test('pass', async () => assert.equal(await play(emulated.world), 3));
  test('begin anew', async () => {
    assert.equal((await emulated.world.resources()).count, 0);
    console.log(`url ${emulated.world.url}`);
  });
  test('fails with useWorld', async () => assert.equal(await play(emulated.world), 2));
});
