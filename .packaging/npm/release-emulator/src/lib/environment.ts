/** The environment variables that point a program at a world, the same that `release-emulator exec` sets. */

import type { State } from './types.js';

/** The credential if the state has none: any passes, unless the world is strict. */
const ANY_KEY = { ak: 'any-ak', sk: 'any-sk' };

interface Identities {
  users?: { name: string; projects?: { id: string }[] }[];
  access_keys?: { ak: string; sk: string; user: string; security_token?: string }[];
}

/** The variables for the world at `url` with the given state. Those of a credential that `present` has are left alone. */
export function variables(
  url: string, state: State, present: Record<string, string | undefined>, region: string,
): Record<string, string> {
  const suffix = region.toUpperCase().replaceAll('-', '_');
  const urls = {
    RELEASE_EMULATOR_URL: url,
    HUAWEICLOUD_SDK_IAM_ENDPOINT: url,
    [`HUAWEICLOUD_SDK_REGION_ASM_${suffix}`]: url,
    [`HUAWEICLOUD_SDK_REGION_SERVICESTAGE_${suffix}`]: url,
  };
  // Half of the user's own credential and half of ours would never match.
  if (present['HUAWEICLOUD_SDK_AK'] !== undefined || present['HUAWEICLOUD_SDK_SK'] !== undefined) return urls;

  const { users = [], access_keys: keys = [] } = (state.identities ?? {}) as Identities;
  const key = keys[0];
  const { ak, sk } = key ?? ANY_KEY;
  const token = key?.security_token;
  const projects = users.find(({ name }) => name === key?.user)?.projects ?? [];
  const project = projects.length === 1 ? projects[0]?.id : undefined;
  return {
    ...urls,
    HUAWEICLOUD_SDK_AK: ak,
    HUAWEICLOUD_SDK_SK: sk,
    ...(token === undefined ? {} : { HUAWEICLOUD_SDK_SECURITY_TOKEN: token }),
    ...(project === undefined || present['HUAWEICLOUD_SDK_PROJECT_ID'] !== undefined
      ? {}
      : { HUAWEICLOUD_SDK_PROJECT_ID: project }),
  };
}
