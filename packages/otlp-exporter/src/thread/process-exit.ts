// SPDX-License-Identifier: Apache-2.0

/** What is done in the `exit` event, where promises and timers no longer run. */
export interface ExitTask {
  /** Hands over what there is, without waiting. */
  begin(): void
  /** Waits until all of it has its outcome, or the time of the exporter is over. */
  finish(): void
}

const tasks = new Set<ExitTask>()

/** Runs a task in the `exit` event of this process, or of this worker thread. Returns a function that takes it back. */
export function atExit(task: ExitTask): () => void {
  if (tasks.size === 0) process.on('exit', onExit)
  tasks.add(task)
  return () => {
    if (tasks.delete(task) && tasks.size === 0) process.removeListener('exit', onExit)
  }
}

/** One listener for all exporters. Each begins before the first one waits, so that they wait at the same time. */
function onExit(): void {
  const all = [...tasks]
  for (const task of all) guarded(() => task.begin())
  for (const task of all) guarded(() => task.finish())
}

function guarded(work: () => void): void {
  try {
    work()
  } catch {
    // An exception here would change the exit code of the application. What was not sent is counted as such.
  }
}
