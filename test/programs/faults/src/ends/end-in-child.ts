// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startSink } from '@spanring/sink'
import type { Reply, Sink } from '@spanring/sink'
import { cleanEnvironment } from '@spanring/test-kit/environment'
import { outputOf } from '@spanring/test-kit/output'
import type { ContenderName, ExporterOptions } from '../contender.js'
import { RUN_ENDING, RUN_INHERITING } from '../places.js'
import type { Backend, EndOutcome, Ending, HeirWords, LastWords, NextProcess } from './ending.js'

/** A process that lives longer is killed, in milliseconds: none of them does anything for longer than a second. */
const LIMIT_MILLIS = 20_000

const REPLIES: Readonly<Record<Backend, Reply>> = { healthy: {}, slow: { delayMillis: 300 }, dead: {} }

/** Runs an application until it ends itself, with a spool also the next one, and looks at what has arrived by then. */
export async function endInChild(contender: ContenderName, ending: Ending, exitFlushMillis?: number): Promise<EndOutcome> {
  const { how, backend, hasSpool } = ending
  const sink = await startSink({ keep: 'count' })
  await sink.script(REPLIES[backend])
  if (backend === 'dead') await sink.stopListening()
  const parent = hasSpool ? mkdtempSync(join(tmpdir(), 'spanring-ends-')) : undefined
  // It is made by the first who needs it.
  const spool = parent === undefined ? undefined : { directory: join(parent, 'spool') }
  try {
    const options: ExporterOptions = { url: sink.url, exitFlushMillis, spool }
    const { words, ...ended } = await run<LastWords>([RUN_ENDING, contender, how, JSON.stringify(options)])
    await isQuiet(sink)
    const next = spool === undefined ? undefined : await inherit(contender, sink, { ...options, spool })
    const { received, duplicates } = await sink.stats()
    // The next process has ended a span of its own.
    const arrived = received - duplicates - (next === undefined ? 0 : 1)
    return { ...(words ?? NO_WORDS), ...ended, arrived, twice: duplicates, next }
  } finally {
    await sink.close()
    if (parent !== undefined) rmSync(parent, { recursive: true })
  }
}

const NO_WORDS: LastWords = { ended: 0, lost: 0, kept: 0, pending: undefined, millis: LIMIT_MILLIS }

/** The backend is well again, and the next process delivers what is in the spool. Undefined if nothing is. */
async function inherit(
  contender: ContenderName,
  sink: Sink,
  options: ExporterOptions & { readonly spool: { readonly directory: string } },
): Promise<NextProcess | undefined> {
  const { directory } = options.spool
  if (!existsSync(directory) || readdirSync(directory).length === 0) return undefined
  await sink.script()
  // Already listening, unless it was dead.
  await sink.listenAgain().catch(() => {})
  const { words, code, said } = await run<HeirWords>([RUN_INHERITING, contender, JSON.stringify(options)])
  await isQuiet(sink)
  return { ...(words ?? { found: 0, exported: 0, failed: 0 }), code, said }
}

/** What the process has written stays in the kernel when it dies, so it is read first. */
async function isQuiet(sink: Sink): Promise<void> {
  for (let i = 0; i < 400; i++) {
    // oxlint-disable-next-line no-await-in-loop -- polling
    if ((await sink.stats()).openConnections === 0) return
    // oxlint-disable-next-line no-await-in-loop -- polling
    await sleep(5)
  }
  throw new Error('a connection outlives its process')
}

interface Run<Words> {
  /** What it has written to stdout; undefined if it was killed before. */
  readonly words: Words | undefined
  readonly code: number | null
  readonly said: readonly string[]
  readonly wasKilled: boolean
}

async function run<Words>(args: readonly string[]): Promise<Run<Words>> {
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
      const words = wasKilled || output.stdout === '' ? undefined : (JSON.parse(output.stdout) as Words)
      resolve({ words, code, wasKilled, said: linesOf(output.stderr) })
    })
  })
}

/** Of an uncaught exception only what it says. */
function linesOf(stderr: string): string[] {
  const lines = stderr.split('\n').map((line) => line.trim())
  return lines.filter((line) => line !== '' && !/^(at |file:|\^|throw |Node\.js v|\{|\}|\[?stack)/.test(line))
}
