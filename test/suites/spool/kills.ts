// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { SeededRandom } from '@spanring/test-kit/random'

const FIXTURE = fileURLToPath(new URL('fixtures/append.mjs', import.meta.url))
/** More than a process appends in the time that it has. */
const RECORDS = 1_000_000
/** The longest time from the first record of a process to its end, in milliseconds. */
const MOST_MILLIS = 25

export interface Killed {
  readonly kills: number
  readonly appended: number
  readonly sentTwice: number
  /** Places where a process was killed in the middle of a record. */
  readonly torn: number
}

/** Kills one process after the other that use the same directory, at random moments, and lets the last one send what is left. */
export async function killWriters(kills: number, directory: string, random: SeededRandom): Promise<Killed> {
  const log = join(directory, 'log')
  const spool = join(directory, 'spool')
  const start = (writer: number, records: number) =>
    fork(FIXTURE, [spool, String(writer), String(records), log], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  for (let writer = 1; writer <= kills; writer++) {
    const child = start(writer, RECORDS)
    const ended = once(child, 'exit')
    // oxlint-disable-next-line no-await-in-loop -- one process after the other
    await hasBegun(log, writer)
    // oxlint-disable-next-line no-await-in-loop -- as above
    await sleep(random.next() * MOST_MILLIS)
    child.kill('SIGKILL')
    // oxlint-disable-next-line no-await-in-loop -- as above
    await ended
  }
  const last = start(kills + 1, 0)
  const [code] = (await once(last, 'exit')) as [number | null]
  assert.equal(code, 0)
  assert.deepEqual(readdirSync(spool), [], 'nothing is left')
  return judge(readFileSync(log, 'utf8'), kills)
}

/** Waits until a process has appended something, or at least tried to. */
async function hasBegun(log: string, writer: number): Promise<void> {
  const begun = `appended ${writer} `
  for (;;) {
    try {
      if (readFileSync(log, 'latin1').includes(begun)) return
    } catch {
      // There is no log yet.
    }
    // oxlint-disable-next-line no-await-in-loop -- until it is there
    await sleep(2)
  }
}

function judge(text: string, kills: number): Killed {
  const appended = new Set<string>()
  const sent = new Map<string, number>()
  const settled = new Set<string>()
  let torn = 0
  for (const line of text.trimEnd().split('\n')) {
    const [what = '', first = '', second = ''] = line.split(' ')
    const name = `${first} ${second}`
    if (what === 'appended') appended.add(name)
    else if (what === 'settled') settled.add(name)
    else if (what === 'sent') {
      assert.ok(!settled.has(name), `${name} is sent again after it was settled`)
      sent.set(name, (sent.get(name) ?? 0) + 1)
    } else if (what === 'torn') torn += Number(first)
    // A record that was cut off with its header sound is counted; its append had not resolved.
    else if (what === 'lost') assert.equal(first, 'spool_unreadable', line)
    else if (what !== 'closed') assert.fail(line)
  }
  for (const name of appended) assert.ok(sent.has(name), `${name} was appended and is never sent`)
  let sentTwice = 0
  for (const count of sent.values()) sentTwice += count - 1
  assert.ok(sentTwice <= kills, `${sentTwice} records were sent twice in ${kills} kills`)
  return { kills, appended: appended.size, sentTwice, torn }
}
