// SPDX-License-Identifier: Apache-2.0
import { fork } from 'node:child_process'
import { cleanEnvironment } from '@spanring/test-kit/environment'
import { outputOf } from '@spanring/test-kit/output'
import type { ContenderName } from './contender.js'
import type { Outcome } from './outcome.js'
import { RUN_SCENARIO } from './places.js'

/** A process that has sent nothing by then is blocked, in milliseconds: the lab bounds everything that it waits for. */
const ANSWER_MILLIS = 45_000

/** How long a process may live after its last line before it is killed, in milliseconds. */
const END_MILLIS = 10_000

const NOTHING: Outcome = {
  waits: [],
  ended: 0,
  delivered: 0,
  lost: {},
  exported: 0,
  complaints: [],
  notes: [],
  left: [],
  said: [],
}

/** Runs one scenario against one contender; whatever it does to its process, this settles. */
export async function runInChild(contender: ContenderName, id: string, answerMillis: number = ANSWER_MILLIS): Promise<Outcome> {
  const child = fork(RUN_SCENARIO, [contender, id], {
    execArgv: ['--expose-gc'],
    silent: true,
    serialization: 'advanced',
    env: cleanEnvironment(),
  })
  const startedAt = performance.now()
  return await new Promise((resolve) => {
    let outcome: Outcome | undefined
    let wasKilled = false
    const output = outputOf(child)
    const kill = (): void => {
      wasKilled = true
      child.kill('SIGKILL')
    }
    let limit = setTimeout(kill, answerMillis)
    child.once('message', (message) => {
      outcome = message as Outcome
      clearTimeout(limit)
      limit = setTimeout(kill, END_MILLIS)
    })
    child.once('close', (code, signal) => {
      clearTimeout(limit)
      if (outcome !== undefined) {
        const lingeredMillis = wasKilled ? Infinity : Number(output.stdout)
        resolve({ ...outcome, lingeredMillis, ...(code !== 0 && !wasKilled && { crash: crashOf(output.stderr, code, signal) }) })
      } else if (wasKilled) resolve({ ...NOTHING, blockedMillis: performance.now() - startedAt })
      else resolve({ ...NOTHING, crash: crashOf(output.stderr, code, signal) })
    })
  })
}

/** The line of an uncaught error that says what it is. */
function crashOf(stderr: string, code: number | null, signal: string | null): string {
  const line = stderr.split('\n').find((text) => /^(\[?\w*Error|.*UnhandledPromiseRejection)/.test(text))
  return line?.trim() ?? `exit ${signal ?? code} ${stderr.trim().slice(0, 200)}`
}
