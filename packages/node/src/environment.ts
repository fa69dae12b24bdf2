// SPDX-License-Identifier: Apache-2.0

/** An empty variable is an unset one (specification, configuration/common). */
export function variable(name: string): string | undefined {
  return process.env[name]?.trim() || undefined
}

/** Only `true`, in any case, is true (specification, configuration/common). */
export function flag(name: string): boolean {
  return variable(name)?.toLowerCase() === 'true'
}

/** The parts of a list, without blanks and repetitions. */
export function list(name: string): string[] {
  const parts = (process.env[name] ?? '').split(',').map((part) => part.trim())
  return [...new Set(parts)].filter((part) => part !== '')
}
