/** The story of all samples: a roll-out that fails for a reason, a request that is refused, a script that never applies. */
'use strict';

async function call(method, url, body) {
  const answer = await fetch(url, { method, headers: { 'X-Auth-Token': 'any' }, body: body && JSON.stringify(body) });
  return answer.json();
}

/** Plays the story in a world, and returns the status of the pipeline. */
exports.play = async (world) => {
  const pipelines = `${world.url}/v3/p1/pipeline/pipelines`;
  await world.scripts.add({ match: { family: 'pipelines', step: 'roll-out' }, outcome: 'fail', message: 'no image' });
  await world.scripts.add({ id: 'late', match: { family: 'pipelines', step: 'roll-in' }, outcome: 'fail' });
  await call('POST', pipelines, { nmae: 'shop' });
  const stages = [{ name: 'deploy', tasks: [{ name: 'roll-out' }] }];
  const shop = await call('POST', pipelines, { name: 'shop', model_version: 2, config_mode: 'ui', stages });
  await call('POST', `${pipelines}/${shop.id}/action?action_id=start`);
  await world.clock.until('idle');
  return (await call('GET', `${pipelines}/${shop.id}`)).status;
};
