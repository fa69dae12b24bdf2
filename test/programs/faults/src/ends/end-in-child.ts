// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { startSink } from '@spanring/sink'
import type { Reply, Sink } from '@spanring/sink'
import { cleanEnvironment } from '@spanring/test-kit/environment'
import { outputOf } from '@spanring/test-kit/output'
import type { ContenderName } from '../contender.js'
import { RUN_ENDING } from '../places.js'
import type { Backend, EndOutcome, Ending, LastWords } from './ending.js'

/** A process that lives longer is killed, in milliseconds: none of them does anything for longer than a second. */
const LIMIT_MILLIS = 20_000

const REPLIES: Readonly<Record<Backend, Reply>> = { healthy: {}, slow: { delayMillis: 300 }, dead: {} }

/** Runs an application until it ends itself, and looks at what has arrived by then. */
export async function endInChild(
  contender: ContenderName,
  { how, backend }: Ending,
  exitFlushMillis?: number,
): Promise<EndOutcome> {
  const sink = await startSink({ keep: 'count' })
  await sink.script(REPLIES[backend])
  if (backend === 'dead') await sink.close()
  try {
    const ended = await run([
      RUN_ENDING,
      contender,
      how,
      sink.url,
      ...(exitFlushMillis === undefined ? [] : [String(exitFlushMillis)]),
    ])
    const arrived = backend === 'dead' ? 0 : await arrivedAt(sink)
    return { ...ended, arrived }
  } finally {
    await sink.close()
  }
}

/** What the process has written stays in the kernel when it dies, so it is read first. */
async function arrivedAt(sink: Sink): Promise<number> {
  for (let i = 0; i < 400; i++) {
    // oxlint-disable-next-line no-await-in-loop -- polling
    const { openConnections, received, duplicates } = await sink.stats()
    if (openConnections === 0) return received - duplicates
    // oxlint-disable-next-line no-await-in-loop -- polling
    await sleep(5)
  }
  throw new Error('a connection outlives its process')
}

async function run(args: readonly string[]): Promise<Omit<EndOutcome, 'arrived'>> {
  const child = spawn(process.execPath, args, { env: cleanEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] })
  const output = outputOf(child)
  return await new Promise((resolve, reject) => {
    let wasKilled = false
    const limit = setTimeout(() => {
      wasKilled = true
      child.kill('SIGKILL')
    }, LIMIT_MILLIS)
    child.once('error', reject)
    child.once('close', (code) => {
      clearTimeout(limit)
      const unknown: LastWords = { ended: 0, lost: 0, pending: undefined, millis: LIMIT_MILLIS }
      const words = wasKilled ? unknown : (JSON.parse(output.stdout) as LastWords)
      resolve({ ...words, code, wasKilled, said: linesOf(output.stderr) })
    })
  })
}

/** Of an uncaught exception only what it says. */
function linesOf(stderr: string): string[] {
  const lines = stderr.split('\n').map((line) => line.trim())
  return lines.filter((line) => line !== '' && !/^(at |file:|\^|throw |Node\.js v|\{|\}|\[?stack)/.test(line))
}
