// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A directory that is gone, with all that is in it, when the test is over. */
export function setupDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'spanring-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** The path of a directory that does not exist yet. */
export function setupMissingDirectory(): string {
  return join(setupDirectory(), 'made-when-needed')
}
