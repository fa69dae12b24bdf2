// SPDX-License-Identifier: Apache-2.0
// What killed processes have left, made once for all tests of a file, and copied for each.
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setupMissingDirectory } from '@spanring/test-kit/directory'
import { Program } from '@spanring/test-kit/program'
import { refusingUrl } from '@spanring/test-kit/sink'
import { afterAll, expect } from 'vitest'

export const END = new URL('fixtures/end.mjs', import.meta.url)

/** Kills one process for each number of spans, while its backend is down. Gives what puts what some have left into one directory. */
export async function leaveBehind(...spans: readonly number[]): Promise<(...some: readonly number[]) => string> {
  const root = mkdtempSync(join(tmpdir(), 'spanring-left-'))
  afterAll(() => rmSync(root, { recursive: true, force: true }))
  const url = await refusingUrl()
  const kill = async (count: number): Promise<void> => {
    const options = { url, spool: { directory: join(root, String(count)) } }
    const { signal, stderr } = await new Program(END, ['kill', JSON.stringify(options), String(count)]).ended
    expect(signal, stderr).toBe('SIGKILL')
  }
  await Promise.all(spans.map(kill))
  return (...some) => {
    const directory = setupMissingDirectory()
    mkdirSync(directory, { mode: 0o700 })
    for (const count of some) cpSync(join(root, String(count)), directory, { recursive: true })
    return directory
  }
}
