/**
 * Writes the manifests of the packages: manifests.cjs CARGO_TOML OUT_DIR PLATFORM. The main one is
 * `release-emulator/package.json` with the version of Cargo.toml and the packages of all platforms.
 */
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const main = require('./release-emulator/package.json');
const { PLATFORMS } = require('./release-emulator/bin/binary.cjs');

const [cargo, out, platform] = process.argv.slice(2);
if (!PLATFORMS.includes(platform)) {
  console.error(`there is no package for ${platform}; known: ${PLATFORMS.join(', ')}`);
  process.exit(2);
}
const version = /^version = "([^"]+)"$/m.exec(fs.readFileSync(cargo, 'utf8'))[1];

function write(folder, manifest) {
  fs.mkdirSync(path.join(out, folder), { recursive: true });
  fs.writeFileSync(path.join(out, folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

write('main', {
  ...main,
  version,
  optionalDependencies: Object.fromEntries(PLATFORMS.map((name) => [`@release-emulator/${name}`, version])),
});

const [os, cpu] = platform.split('-');
write('platform', {
  name: `@release-emulator/${platform}`,
  version,
  description: `The binary of release-emulator for ${platform}. Install release-emulator, which brings it.`,
  license: main.license,
  os: [os],
  cpu: [cpu],
  engines: main.engines,
  preferUnplugged: true,
  // A scope is private unless it says otherwise.
  publishConfig: { access: 'public' },
  files: ['bin', 'LICENSE-*'],
});
