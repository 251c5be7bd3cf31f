/**
 * The place of the emulator's binary: the one that RELEASE_EMULATOR_BINARY names, or that of the package for this
 * platform, which npm installs as an optional dependency.
 */
'use strict';

const fs = require('node:fs');

// One package for each, as npm names systems and processors. The packages for Linux are static and need no libc.
const PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64'];

/** The path of the binary. Throws an error that says what to do if there is none. */
function binaryPath({ env = process.env, platform = process.platform, arch = process.arch, resolve = require.resolve } = {}) {
  const own = env.RELEASE_EMULATOR_BINARY;
  if (own) {
    if (!fs.existsSync(own)) {
      throw new Error(`RELEASE_EMULATOR_BINARY names ${own}, which does not exist`);
    }
    return own;
  }

  const target = `${platform}-${arch}`;
  if (!PLATFORMS.includes(target)) {
    throw new Error(
      `there is no release-emulator for ${target}; there are: ${PLATFORMS.join(', ')}.\n` +
      'Build it from source and set RELEASE_EMULATOR_BINARY to the path of the binary.',
    );
  }

  const name = `@release-emulator/${target}`;
  try {
    return resolve(`${name}/bin/release-emulator${platform === 'win32' ? '.exe' : ''}`);
  } catch {
    throw new Error(
      `the package ${name}, which contains the binary, is not installed.\n` +
      'It is an optional dependency of release-emulator: install again without --no-optional or --omit=optional,\n' +
      'and on this platform if node_modules was copied from another one.\n' +
      'Or set RELEASE_EMULATOR_BINARY to the path of a binary.',
    );
  }
}

module.exports = { PLATFORMS, binaryPath };
