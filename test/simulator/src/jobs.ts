// SPDX-License-Identifier: Apache-2.0
import { fork } from 'node:child_process'
import { runSeed } from './run-seed.js'

/** How many seeds a process gets at once. */
const SHARE = 50

/** A stretch of seeds. */
interface Share {
  readonly first: number
  readonly count: number
}

/** A seed that broke a rule. */
export interface Finding {
  readonly seed: number
  readonly violation: string
}

/** What came of some seeds. */
export interface Summary {
  readonly findings: readonly Finding[]
  readonly seeds: number
  readonly events: number
  readonly ended: number
  readonly simulatedMillis: number
}

const NOTHING: Summary = { findings: [], seeds: 0, events: 0, ended: 0, simulatedMillis: 0 }

function added(a: Summary, b: Summary): Summary {
  return {
    findings: [...a.findings, ...b.findings],
    seeds: a.seeds + b.seeds,
    events: a.events + b.events,
    ended: a.ended + b.ended,
    simulatedMillis: a.simulatedMillis + b.simulatedMillis,
  }
}

function runShare({ first, count }: Share): Summary {
  let summary = NOTHING
  for (let seed = first; seed < first + count; seed++) {
    const { violation, events, ended, simulatedMillis } = runSeed(seed)
    const findings = violation === undefined ? [] : [{ seed, violation }]
    summary = added(summary, { findings, seeds: 1, events, ended, simulatedMillis })
  }
  return summary
}

/** Runs seeds for the process that has started this one, until it hangs up. */
export function serveJobs(): void {
  process.on('message', (share: Share) => {
    // Not inside the event of the message, whose promises would settle late.
    setImmediate(() => process.send?.(runShare(share)))
  })
}

/** Runs seeds in so many processes. `onProgress` gets what is known so far, and says whether to go on. */
export async function runSeeds(
  { first, count }: Share,
  jobs: number,
  onProgress: (summary: Summary) => boolean,
): Promise<Summary> {
  let next = first
  let summary = NOTHING
  let goesOn = true
  const take = (): Share | undefined => {
    const left = first + count - next
    if (left <= 0 || !goesOn) return undefined
    const share = { first: next, count: Math.min(SHARE, left) }
    next += share.count
    return share
  }
  const onShare = (result: Summary): void => {
    summary = added(summary, result)
    goesOn = onProgress(summary)
  }
  if (jobs === 1) await runHere(take, onShare)
  else await Promise.all(Array.from({ length: jobs }, () => runThere(take, onShare)))
  return summary
}

function runHere(take: () => Share | undefined, onShare: (result: Summary) => void): Promise<void> {
  return new Promise((resolve) => {
    const turn = (): void => {
      const share = take()
      if (share === undefined) return resolve()
      onShare(runShare(share))
      setImmediate(turn)
    }
    setImmediate(turn)
  })
}

function runThere(take: () => Share | undefined, onShare: (result: Summary) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(process.argv[1] as string, ['--job'], { execArgv: process.execArgv })
    let isDone = false
    const turn = (): void => {
      const share = take()
      if (share !== undefined) return void child.send(share)
      isDone = true
      child.disconnect()
    }
    child.on('message', (result: Summary) => {
      onShare(result)
      turn()
    })
    child.on('exit', (code, signal) => {
      if (isDone) resolve()
      else reject(new Error(`a process that runs seeds has ended: ${signal ?? code}`))
    })
    turn()
  })
}
