// SPDX-License-Identifier: Apache-2.0

/**
 * Settings of this process that would change what a program does: those of Node.js, OpenTelemetry and spanring, what the test
 * runner sets, and what `npm run` tells its children. In any case of letters, because Windows does not tell them apart.
 */
const SETTING = /^(NODE_|OTEL_|SPANRING_|VITEST|npm_)/i

/** The environment for a program that is an application on its own: that of this process without such settings. */
export function cleanEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !SETTING.test(name)))
}
