// SPDX-License-Identifier: Apache-2.0

interface Global {
  readonly process?: { getBuiltinModule?(id: string): unknown }
}

/**
 * A built-in module of Node.js, with the part of it that `T` describes; undefined on other platforms. Not an import,
 * because bundlers for browsers could not resolve it.
 */
export function builtinModule<T>(id: string): Partial<T> | undefined {
  try {
    return (globalThis as Global).process?.getBuiltinModule?.(id) as Partial<T> | undefined
  } catch {
    // A stub in place of `process`.
    return undefined
  }
}
