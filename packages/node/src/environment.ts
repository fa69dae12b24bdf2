// SPDX-License-Identifier: Apache-2.0

/** Variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The value of a variable; undefined if it is unset or empty (specification, configuration/common). */
export function variable(name: string): string | undefined {
  return process.env[name]?.trim() || undefined
}

/** True only for `true`, in upper or lower case (specification, configuration/common). */
export function flag(name: string): boolean {
  return variable(name)?.toLowerCase() === 'true'
}

/** The entries of a comma-separated list: trimmed, without duplicates and without empty ones. */
export function list(name: string): string[] {
  const parts = (process.env[name] ?? '').split(',').map((part) => part.trim())
  return [...new Set(parts)].filter((part) => part !== '')
}
