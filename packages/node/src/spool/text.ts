// SPDX-License-Identifier: Apache-2.0

export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

const SIZES = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** In powers of a thousand. */
export function size(bytes: number): string {
  let unit = 0
  let value = bytes
  for (; value >= 999.5 && unit < SIZES.length - 1; unit++) value /= 1000
  return `${unit === 0 || value >= 99.95 ? value.toFixed(0) : value.toFixed(1)} ${SIZES[unit]}`
}

/** In one unit, rounded down. */
export function duration(millis: number): string {
  const seconds = Math.floor(millis / 1000)
  if (seconds < 120) return `${seconds} s`
  if (seconds < 2 * 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3600)} h`
  return `${Math.floor(seconds / 86_400)} days`
}

/** Columns of one width; those in `numbers` stand to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], numbers: readonly number[]): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (numbers.includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd()
  return `${all.map(line).join('\n')}\n`
}
