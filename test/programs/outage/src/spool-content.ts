// SPDX-License-Identifier: Apache-2.0
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

export interface SpoolContent {
  readonly files: number
  readonly bytes: number
}

/** Everything in that directory and below, whatever it is. */
export async function spoolContent(directory: string): Promise<SpoolContent> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const sizes = await Promise.all(files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size))
  return { files: files.length, bytes: sizes.reduce((total, size) => total + size, 0) }
}
