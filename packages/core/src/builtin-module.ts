// SPDX-License-Identifier: Apache-2.0

interface Global {
  readonly process?: { getBuiltinModule?(id: string): unknown }
}

/**
 * A built-in module of Node.js, typed as the part of it that `T` describes; undefined on other platforms. It is not
 * imported, because bundlers for browsers could not resolve it.
 */
export function builtinModule<T>(id: string): Partial<T> | undefined {
  try {
    return (globalThis as Global).process?.getBuiltinModule?.(id) as Partial<T> | undefined
  } catch {
    // `process` may be a stub.
    return undefined
  }
}
