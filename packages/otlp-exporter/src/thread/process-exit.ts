// SPDX-License-Identifier: Apache-2.0
import { systemClock } from '@spanring/core'
import { exitListener, exitWorkOf, isExiting } from '@spanring/core/exit-listeners'

/** What is done in the `exit` event, where promises and timers no longer run. */
export interface ExitTask {
  /** Hands over what is queued, without waiting. May be called again in the same event. */
  begin(): void
  /** Waits until all of it has an outcome, or the time of the exporter has run out. */
  finish(): void
  /** Whether a process that has nothing else to do must not end yet, because requests are under way. */
  readonly isBusy: boolean
}

/** How often to look whether requests are still under way when the process has nothing else to do, in milliseconds. */
const BUSY_POLL_MILLIS = 10

/**
 * How often the last listener moves in one iteration of the event loop. With another package that also wants to be last, both
 * would move for ever.
 */
const MAX_MOVES = 100

const tasks = new Set<ExitTask>()
let isMoving = false
let moves = 0

/**
 * Runs a task in the `exit` event of this process, or of this worker thread. Returns a function that cancels it.
 *
 * The task runs twice: before the other listeners, because one of them may throw or call `process.exit()`, and then those behind
 * it are not called; and after them, for spans that end in them.
 */
export function atExit(task: ExitTask): () => void {
  if (tasks.size === 0) listen()
  tasks.add(task)
  return () => {
    if (tasks.delete(task) && tasks.size === 0) stopListening()
  }
}

function listen(): void {
  try {
    process.prependListener('exit', onExitFirst)
    process.on('exit', onExitLast)
    process.on('beforeExit', onBeforeExit)
    process.on('newListener', onNewListener)
  } catch {
    // The listeners of a frozen `process` object cannot be changed. What is queued when such a process exits is lost.
  }
}

function stopListening(): void {
  try {
    process.removeListener('newListener', onNewListener)
    process.removeListener('beforeExit', onBeforeExit)
    process.removeListener('exit', onExitFirst)
    process.removeListener('exit', onExitLast)
  } catch {
    // As above. Without tasks, the listeners do nothing.
  }
}

const onExitFirst = (): void => run()
// The report of `@spanring/node` calls it once more, right before it counts.
const onExitLast = exitListener('send', () => run())

/**
 * The thread never keeps the process alive, but a request does, as it would in this thread: a process that has nothing else to do
 * waits for the answer. It does not wait for a backend that is down.
 */
function onBeforeExit(): void {
  if ([...tasks].some(({ isBusy }) => isBusy)) systemClock.startTimer(onBeforeExit, BUSY_POLL_MILLIS, true)
}

/** Each task begins before the first one waits, so that all of them wait at the same time. */
function run(): void {
  // Somebody may emit `exit` in a process that goes on.
  if (isExiting() === false) return
  const all = [...tasks]
  for (const task of all) guarded(() => task.begin())
  for (const task of all) guarded(() => task.finish())
}

/** Keeps {@link onExitLast} behind listeners that are added later. Only the report, which moves itself, stays behind it. */
function onNewListener(event: string | symbol, listener: unknown): void {
  if (event !== 'exit' || listener === onExitFirst || exitWorkOf(listener) !== undefined) return
  if (isMoving || moves >= MAX_MOVES || isExiting() === true) return
  if (moves++ === 0) systemClock.soon(() => (moves = 0), false)
  isMoving = true
  // Node.js emits `newListener` before it adds the listener.
  queueMicrotask(() => {
    isMoving = false
    if (tasks.size === 0) return
    guarded(() => {
      process.removeListener('exit', onExitLast)
      process.on('exit', onExitLast)
    })
  })
}

function guarded(work: () => void): void {
  try {
    work()
  } catch {
    // An exception here would change the exit code of the application. What was not sent is counted as such.
  }
}
