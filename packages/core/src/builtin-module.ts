// SPDX-License-Identifier: Apache-2.0

interface Global {
  readonly process?: { getBuiltinModule?(id: string): unknown }
}

/**
 * A module of Node.js, for its corner that is named by `T`; undefined where there is none. Without an import, which a
 * browser's bundler could not resolve.
 */
export function builtinModule<T>(id: string): Partial<T> | undefined {
  try {
    return (globalThis as Global).process?.getBuiltinModule?.(id) as Partial<T> | undefined
  } catch {
    // An object that stands in for `process`.
    return undefined
  }
}
