// SPDX-License-Identifier: Apache-2.0
// Several processes want what one has left, all at once: each record is sent by one of them.
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setupDirectory } from '@spanring/test-kit/directory'
import { expect, test } from 'vitest'

const FIXTURE = fileURLToPath(new URL('fixtures/append.mjs', import.meta.url))
const RECORDS = 30

test('of several processes that take over at once, each takes what no other one has', async () => {
  for (let round = 0; round < 4; round++) {
    const directory = setupDirectory()
    const [spool, log] = [join(directory, 'spool'), join(directory, 'log')]
    const start = (writer: number, records: number): ChildProcess =>
      fork(FIXTURE, [spool, String(writer), String(records), log], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    // Writers with such numbers send nothing. One leaves all in a directory of its own, and each dies with its lease.
    for (const writer of [3, 6]) {
      const child = start(writer, RECORDS)
      await appended(log, writer)
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    const takers = [11, 12, 13, 14].map((writer) => once(start(writer, 0), 'exit'))
    expect((await Promise.all(takers)).map(([code]: (number | null)[]) => code)).toEqual([0, 0, 0, 0])
    // Of a directory that several wanted at once, one may have come too late to see what is left of it.
    await once(start(15, 0), 'exit')
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
    const sent = lines.filter((line) => line.startsWith('sent ')).map((line) => line.slice(5))
    const expected = [3, 6].flatMap((writer) => Array.from({ length: RECORDS }, (_, index) => `${writer} ${index + 1}`))
    expect(sent.toSorted()).toEqual(expected.toSorted())
    expect(lines.filter((line) => /^(?:wrong|lost|torn|warning)/.test(line))).toEqual([])
    expect(readdirSync(spool)).toEqual([])
  }
})

async function appended(log: string, writer: number): Promise<void> {
  for (;;) {
    try {
      if (readFileSync(log, 'utf8').includes(`appended ${writer} ${RECORDS}\n`)) return
    } catch {
      // There is no log yet.
    }
    await new Promise((resolve) => {
      setTimeout(resolve, 5)
    })
  }
}
