// SPDX-License-Identifier: Apache-2.0
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { loadSdk } from '@spanring/sdk-lines'
import { forkSink } from '@spanring/sink'
import { SeededRandom } from '@spanring/test-kit/random'
import { USAGE, parseArguments } from './arguments.js'
import type { StormArguments } from './arguments.js'
import { playRound } from './round.js'
import type { RoundResult, Stage } from './round.js'

const MAX_HEAP_GROWTH_BYTES = 20 * 2 ** 20
/** When a round is not worth to begin, in milliseconds. */
const SHORTEST_ROUND_MILLIS = 500

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

interface Storm {
  readonly seed: number
  readonly rounds: readonly RoundResult[]
  readonly heapGrowthBytes: number
  readonly violations: readonly string[]
}

async function playStorm(stage: Stage, seed: number, seconds: number): Promise<Storm> {
  const { sdk, worker } = stage
  console.log(`storm: seed ${seed}, SDK ${sdk.sdkLine}, ${worker ? 'export thread, ' : ''}${Math.round(seconds)} s`)
  const random = new SeededRandom(seed)
  const unexpected: string[] = []
  const onUnexpected = (error: unknown): void => void unexpected.push(`uncaught: ${String((error as Error)?.stack ?? error)}`)
  process.on('unhandledRejection', onUnexpected)
  process.on('uncaughtException', onUnexpected)
  // The first round compiles, fills caches and opens the channel to the sink.
  const endAt = performance.now() + seconds * 1000
  const rounds = [report(await playRound(stage, random.fork(), SHORTEST_ROUND_MILLIS), 1)]
  const heapBefore = await heapUsed()
  for (let left = endAt - performance.now(); left > SHORTEST_ROUND_MILLIS; left = endAt - performance.now()) {
    const actors = random.fork()
    const millis = Math.min(random.between(SHORTEST_ROUND_MILLIS, 6000), left)
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    rounds.push(report(await playRound(stage, actors, millis), rounds.length + 1))
  }
  const heapGrowthBytes = (await heapUsed()) - heapBefore
  process.off('unhandledRejection', onUnexpected)
  process.off('uncaughtException', onUnexpected)
  if (heapGrowthBytes > MAX_HEAP_GROWTH_BYTES) unexpected.push(`the heap has grown by ${heapGrowthBytes} bytes`)
  for (const violation of unexpected) console.log(`  VIOLATED: ${violation}`)
  return { seed, rounds, heapGrowthBytes, violations: [...rounds.flatMap(({ violations }) => violations), ...unexpected] }
}

function report(round: RoundResult, number: number): RoundResult {
  const { ended, exported, failed, dropped, violations } = round
  console.log(`round ${number}: ${ended} ended, ${exported} exported, ${failed} failed, ${dropped} dropped`)
  for (const violation of violations) console.log(`  VIOLATED: ${violation}`)
  return round
}

async function heapUsed(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    // oxlint-disable-next-line no-await-in-loop -- what is finalized in one turn is garbage in the next
    await new Promise((resolve) => setImmediate(resolve))
    collectGarbage()
  }
  return process.memoryUsage().heapUsed
}

function rowOf({ seed, rounds, heapGrowthBytes, violations }: Storm): Record<string, number | string> {
  const total = (pick: (round: RoundResult) => number): number => rounds.reduce((sum, round) => sum + pick(round), 0)
  return {
    seed,
    rounds: rounds.length,
    ended: total(({ ended }) => ended),
    exported: total(({ exported }) => exported),
    failed: total(({ failed }) => failed),
    dropped: total(({ dropped }) => dropped),
    requests: total(({ requests }) => requests),
    'batches sent again': total(({ retried }) => retried),
    'received again': total(({ receivedAgain }) => receivedAgain),
    'delivered again': total(({ deliveredAgain }) => deliveredAgain),
    'waits fulfilled': total(({ waitsFulfilled }) => waitsFulfilled),
    'waits rejected': total(({ waitsRejected }) => waitsRejected),
    'latest, ms': Math.round(Math.max(0, ...rounds.map(({ latestMillis }) => latestMillis))),
    'loop still, ms': Math.round(Math.max(0, ...rounds.map(({ stillMillis }) => stillMillis))),
    'heap, MB': (heapGrowthBytes / 2 ** 20).toFixed(1),
    violations: violations.length,
  }
}

async function main({ seconds, seeds, sdk: line, worker }: StormArguments): Promise<void> {
  const sdk = await loadSdk(line)
  const sink = await forkSink({ maxKeptSpans: 2 ** 22 })
  const storms: Storm[] = []
  // oxlint-disable-next-line no-await-in-loop -- one after the other
  for (const seed of seeds) storms.push(await playStorm({ sdk, sink, worker }, seed, seconds / seeds.length))
  await sink.close()
  console.table(storms.map(rowOf))
  if (storms.some(({ violations }) => violations.length > 0)) process.exitCode = 1
  expectEnd()
}

/** Nothing is left to do; a process that lives on has a handle that somebody forgot. */
function expectEnd(): void {
  setTimeout(() => {
    console.log(`  VIOLATED: still held by ${process.getActiveResourcesInfo().join(', ')}`)
    process.exit(1)
  }, 2000).unref()
}

const options = parseArguments(process.argv.slice(2))
if (options === undefined) console.log(USAGE)
else await main(options)
