// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { startSink } from '@spanring/sink'
import type { ReceivedSpan } from '@spanring/sink'
import { bySpanId } from '@spanring/test-kit/delivery'
import { cleanEnvironment } from '@spanring/test-kit/environment'
import { outputOf } from '@spanring/test-kit/output'
import { COMBINATIONS } from './axes.js'
import type { Combination } from './axes.js'

/** A process that hangs as a whole; its combinations have shorter limits. */
const LIMIT_MILLIS = 120_000

export interface CellResult extends Combination {
  /** Sorted by id. */
  readonly spans: readonly ReceivedSpan[]
  /** Received again. */
  readonly duplicates: number
  /** What the program says went wrong, or that it ended before. */
  readonly error: string | undefined
  readonly warnings: readonly string[]
  /** Requests left while the thread of the application was busy. Only looked for where they should. */
  readonly hasThread: boolean
}

/** What the program has said of a combination. */
type Said = Pick<CellResult, 'error' | 'warnings' | 'hasThread'>

/** One process: all combinations, each with a receiver of its own. */
export async function runGroup(executable: string, args: readonly string[], dir: string): Promise<CellResult[]> {
  const sinks = await Promise.all(COMBINATIONS.map(() => startSink({ grpc: true, strict: true })))
  try {
    const urls = sinks.flatMap((sink) => [sink.url, sink.grpcUrl ?? ''])
    const said = await runProgram(executable, [...args, ...urls], dir)
    return await Promise.all(
      COMBINATIONS.map(async (combination, index) => {
        const sink = sinks[index]!
        const spans = bySpanId(await sink.spans())
        const { duplicates } = await sink.stats()
        return { ...combination, spans, duplicates, ...said(index) }
      }),
    )
  } finally {
    await Promise.all(sinks.map((sink) => sink.close()))
  }
}

async function runProgram(executable: string, args: readonly string[], cwd: string): Promise<(index: number) => Said> {
  // The default of 10 s only makes red cells slow.
  const env = { ...cleanEnvironment(), OTEL_EXPORTER_OTLP_TIMEOUT: '5000' }
  const child = spawn(executable, args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MILLIS,
    killSignal: 'SIGKILL',
  })
  const output = outputOf(child)
  await once(child, 'close')
  const { stdout, stderr } = output
  const lines = stdout.split('\n').filter((line) => line.startsWith('{"index"'))
  const said = new Map(lines.map((line) => parseLine(line)))
  const lastWords = stderr.split('\n').find((line) => /error/i.test(line)) ?? stderr.slice(0, 200)
  return (index) => {
    const ended = { error: `the process ended before: ${lastWords.trim()}`, warnings: [], hasThread: false }
    return said.get(index) ?? ended
  }
}

function parseLine(line: string): [number, Said] {
  const { index, error, ...rest } = JSON.parse(line) as { index: number; error: string | null } & Omit<Said, 'error'>
  return [index, { error: error ?? undefined, ...rest }]
}
