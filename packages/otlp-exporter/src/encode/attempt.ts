// SPDX-License-Identifier: Apache-2.0

/** What `read` returns, or undefined when it throws. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
