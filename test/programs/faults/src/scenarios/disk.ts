// SPDX-License-Identifier: Apache-2.0
// What a disk does to spans that wait in a spool, and what a spool does to a batch that the backend refuses.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Lab } from '../lab/lab.js'
import { SHUTDOWN_MILLIS } from '../lab/pipeline.js'
import type { Scenario } from '../scenario.js'

const NO_SPOOL = 'it has no spool'
const PIPELINE = { exportTimeoutMillis: 2000, maxQueueSize: 5000, maxExportBatchSize: 500 }
const FLUSH_MILLIS = 5000

export const disk: readonly Scenario[] = [
  {
    id: '40a',
    isSent: true,
    title: 'An outage with a spool on a disk that is read-only',
    run: (lab) => meetDisk(lab, (mount) => execFileSync('mount', ['-o', 'remount,ro', mount], { stdio: 'ignore' })),
  },
  {
    id: '40b',
    isSent: true,
    title: 'An outage with a spool on a disk that is full',
    run: (lab) =>
      meetDisk(lab, (mount) => {
        try {
          writeFileSync(join(mount, 'full'), new Uint8Array(DISK_BYTES))
        } catch {
          // It is full now.
        }
      }),
  },
  {
    id: '41',
    isSent: true,
    title: 'The backend refuses with 400, for good, the oldest of two batches that wait in the spool',
    async run(lab) {
      if (!lab.isOurs) return lab.notApplicable(NO_SPOOL)
      const parent = mkdtempSync(join(tmpdir(), 'spanring-faults-'))
      lab.onEnd(() => rmSync(parent, { recursive: true }))
      const directory = join(parent, 'spool')
      const sink = await lab.sink()
      await sink.stopListening()
      const pipeline = lab.pipeline(await lab.otlp({ url: sink.url, spool: { directory } }), PIPELINE)
      for (let batch = 0; batch < 2; batch++) {
        pipeline.end(5)
        // oxlint-disable-next-line no-await-in-loop -- two batches, one after the other
        await sleep(200)
      }
      lab.require(existsSync(directory), 'nothing is in the spool')
      // A second try of the same batch would be accepted.
      await sink.script({ status: 400, times: 1 })
      await sink.listenAgain()
      await lab.settles('flush', () => pipeline.flush({ timeoutMillis: FLUSH_MILLIS }), FLUSH_MILLIS)
      await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
      lab.require(!existsSync(directory) || readdirSync(directory).length === 0, 'the spool is not empty')
    },
  },
]

const DISK_BYTES = 64 * 1024

/** A small disk of its own, which needs the right to mount one. */
function setupDisk(lab: Lab): string | undefined {
  const mount = mkdtempSync(join(tmpdir(), 'spanring-faults-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', mount], { stdio: 'ignore' })
  } catch {
    rmSync(mount, { recursive: true })
    return undefined
  }
  lab.onEnd(() => {
    execFileSync('umount', ['-l', mount], { stdio: 'ignore' })
    rmSync(mount, { recursive: true })
  })
  return mount
}

async function meetDisk(lab: Lab, spoil: (mount: string) => void): Promise<void> {
  if (!lab.isOurs) return lab.notApplicable(NO_SPOOL)
  const mount = setupDisk(lab)
  if (mount === undefined) return lab.notApplicable('no disk can be mounted here')
  const directory = join(mount, 'spool')
  mkdirSync(directory, { mode: 0o700 })
  spoil(mount)
  const sink = await lab.sink()
  await sink.stopListening()
  const exporter = await lab.otlp({ url: sink.url, spool: { directory } })
  const pipeline = lab.pipeline(exporter, PIPELINE)
  pipeline.end(2000)
  await sleep(1500)
  const warnings = lab.said.filter((line) => line.includes('SPANRING_SPOOL'))
  lab.require(warnings.length === 1, `${warnings.length} warnings about the disk`)
  lab.note(`warns of ${/\bE[A-Z]{3,}\b/.exec(warnings[0] ?? '')?.[0] ?? 'nothing'}`)
  await sink.listenAgain()
  await lab.settles('flush', () => pipeline.flush({ timeoutMillis: FLUSH_MILLIS }), FLUSH_MILLIS)
  await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
}
