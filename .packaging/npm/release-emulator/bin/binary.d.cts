/** The platforms that have a package, such as `linux-x64`. */
export const PLATFORMS: readonly string[];

/** The path of the emulator's binary. Throws an error that says what to do if there is none. */
export function binaryPath(from?: {
  env?: Record<string, string | undefined>;
  platform?: string;
  arch?: string;
  resolve?: (name: string) => string;
}): string;
