// SPDX-License-Identifier: Apache-2.0

/** Without options and variables of the test run: a program is an application on its own. */
export function environment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(NODE_|OTEL_|VITEST)/.test(name)))
}
