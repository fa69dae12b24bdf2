// SPDX-License-Identifier: Apache-2.0

/** Reads as well in a terminal as in a README. The first column is text, all others are figures. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) => Math.max(3, title.length, ...rows.map((row) => cell(row, column).length)))
  const line = (cells: readonly string[]): string => {
    const padded = widths.map((width, column) =>
      column === 0 ? cell(cells, column).padEnd(width) : cell(cells, column).padStart(width),
    )
    return `| ${padded.join(' | ')} |`
  }
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [line(header), line(rule), ...rows.map(line)].join('\n')
}

/** Three digits that say something; more would not survive the next run. */
export function figure(value: number): string {
  if (value === Infinity) return '∞'
  if (!Number.isFinite(value)) return '–'
  const digits = Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

export function count(value: number): string {
  return value.toLocaleString('en-US')
}

function cell(row: readonly string[], column: number): string {
  return row[column] ?? ''
}
