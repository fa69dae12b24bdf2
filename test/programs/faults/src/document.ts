// SPDX-License-Identifier: Apache-2.0
import { readFile, writeFile } from 'node:fs/promises'
import { DOCUMENT } from './places.js'

/** A line of a table, by its first cell. */
export type Rows = ReadonlyMap<string, readonly string[]>

/** The document as it is checked in; empty if there is none yet. */
export async function readDocument(): Promise<string> {
  return await readFile(DOCUMENT, 'utf8').catch(() => '')
}

export async function writeDocument(text: string): Promise<void> {
  await writeFile(DOCUMENT, text)
}

/** The rows of every table of a document. */
export function rowsOf(document: string): Map<string, readonly string[]> {
  const rows = new Map<string, readonly string[]>()
  for (const line of document.split('\n')) {
    if (!line.startsWith('| ')) continue
    // A bar inside a cell has a backslash before it.
    const cells = line.slice(2, -2).split(/(?<!\\) \| /)
    if (cells[0] !== undefined) rows.set(cells[0].trim(), cells)
  }
  return rows
}

export function table(header: readonly string[], rows: Iterable<readonly string[]>): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...Array.from(rows, line)].join('\n')
}

/** Text that stays in its cell. */
export function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')
}
