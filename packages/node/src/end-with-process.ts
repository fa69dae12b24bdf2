// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:os'
import { isMainThread } from 'node:worker_threads'
import { exitTimeoutMillis } from './exit-timeout.js'
import { flush } from './flush.js'
import { lossOf, unsentOf } from './loss.js'
import { say } from './say.js'
import { appListensTo } from './signal-listeners.js'
import type { SpanProcessor } from './span-processors.js'

type Signal = 'SIGTERM' | 'SIGINT'

const SIGNALS: readonly Signal[] = ['SIGTERM', 'SIGINT']

/** How long the first process of a container may outlive the signal that it sent to itself, in milliseconds. */
const FIRST_PROCESS_MILLIS = 100

/** What is ended: `NodeSDK`, with metrics and logs beside the spans. */
interface Sdk {
  shutdown(): Promise<void>
}

/**
 * Delivers what is left when the process ends: when it has nothing left to do, and on SIGTERM and SIGINT. A signal that
 * the application listens to is its own affair, and only flushes; any other ends the process as it would without us,
 * after at most `SPANRING_EXIT_TIMEOUT`. What is lost is said on stderr, with counts.
 */
export function endWithProcess(sdk: Sdk, processors: readonly SpanProcessor[]): void {
  const timeoutMillis = exitTimeoutMillis()
  let ended: Promise<void> | undefined
  let beforeExit: 'idle' | 'busy' | 'gave up' = 'idle'

  function end(): Promise<void> {
    // The processors first: the call of NodeSDK joins this one, and knows no bound.
    const steps = () => [...processors.map((processor) => processor.shutdown({ timeoutMillis })), sdk.shutdown()]
    ended ??= within(timeoutMillis, steps)
    return ended
  }

  function onSignal(signal: Signal): void {
    if (appListensTo(signal, onSignal)) {
      if (ended === undefined) void flush({ timeoutMillis })
    } else if (ended === undefined) {
      void end().then(() => raise(signal))
    } else {
      // A second signal comes from somebody who does not want to wait.
      raise(signal)
    }
  }

  function raise(signal: Signal): void {
    for (const name of SIGNALS) process.removeListener(name, onSignal)
    report()
    process.kill(process.pid, signal)
    // The first process of a container outlives a signal that nobody listens to; this one was meant to end it.
    if (process.pid === 1) setTimeout(() => process.exit(128 + constants.signals[signal]), FIRST_PROCESS_MILLIS)
  }

  async function onBeforeExit(): Promise<void> {
    if (beforeExit === 'busy' || ended !== undefined) return
    // The application may do more, and trace it, in its own listener; so as long as spans come nothing is shut down.
    const isLast = beforeExit === 'gave up' || unsentOf(processors) === 0
    beforeExit = 'busy'
    if (isLast) await end()
    beforeExit = isLast || (await flush({ timeoutMillis })) ? 'idle' : 'gave up'
  }

  function report(): void {
    const loss = lossOf(processors)
    if (loss !== undefined) say('WARN', loss)
  }

  // Signals reach the main thread alone.
  if (isMainThread) for (const signal of SIGNALS) process.on(signal, onSignal)
  process.on('beforeExit', () => void onBeforeExit())
  process.once('exit', report)
}

/** Until all have settled, or the time is over; keeps the process alive meanwhile. */
async function within(millis: number, steps: () => Promise<unknown>[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, millis)))
  await Promise.race([Promise.allSettled(steps()), timeout])
  clearTimeout(timer)
}
