// SPDX-License-Identifier: Apache-2.0
// Everything at once, in random order.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Lab } from '../lab/lab.js'
import { SHUTDOWN_MILLIS } from '../lab/pipeline.js'
import type { Call } from '../lab/scripted-exporter.js'
import type { Scenario } from '../scenario.js'

const HISTORIES = 100
const STEPS = 12

/** Of an export, in milliseconds. */
const TIMEOUT = 200

export const histories: readonly Scenario[] = [
  {
    id: '39',
    title:
      '100 random histories of spans, flushes and pauses with exporters that succeed, fail, throw, hang, answer late or twice, or end spans',
    async run(lab) {
      const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
      lab.note(`seed ${seed}`)
      const ended = await Promise.all(Array.from({ length: HISTORIES }, (_, index) => live(lab, randomOf(seed + index))))
      const mostAtOnce = Math.max(...ended)
      lab.require(mostAtOnce <= 1, `${mostAtOnce} exports at once`)
    },
  },
]

/** Returns how many exports whose time was not over ran at once. */
async function live(lab: Lab, random: () => number): Promise<number> {
  const running = new Set<object>()
  let mostAtOnce = 0
  let isShutDown = false
  const exporter = lab.scripted({
    onShutdown: () => (isShutDown = true),
    onExport(call) {
      // A success may come after the time-out, on a machine that stands still, or after a shutdown that has used up its
      // time; it is counted as what it then is.
      const startedAt = performance.now()
      const isLate = (): boolean => isShutDown || performance.now() - startedAt > TIMEOUT / 2
      running.add(call)
      mostAtOnce = Math.max(mostAtOnce, running.size)
      // Past its time-out it has been given up. Earlier than that, because the processor's clock started before this one.
      setTimeout(() => running.delete(call), TIMEOUT / 2).unref()
      const end = (finish: (call: Call) => void): void => {
        running.delete(call)
        finish(call)
      }
      const scripts = [
        () => end((it) => it.succeed()),
        () => setTimeout(() => end((it) => (isLate() ? it.fail() : it.succeed())), 10),
        () => setTimeout(() => end((it) => it.fail()), 5),
        () => {
          running.delete(call)
          throw new Error('thrown by export')
        },
        () => {},
        () => setTimeout(() => end((it) => it.fail()), TIMEOUT + 30),
        () =>
          end((it) => {
            it.succeed()
            it.fail()
          }),
        () => {
          pipeline.end(1)
          end((it) => it.succeed())
        },
      ]
      return scripts[Math.floor(random() * scripts.length)]?.()
    },
  })
  const pipeline = lab.pipeline(exporter, {
    exportTimeoutMillis: TIMEOUT,
    maxQueueSize: 20,
    maxExportBatchSize: 4,
    scheduledDelayMillis: 5,
  })
  const waits: Promise<unknown>[] = []
  for (let step = 0; step < STEPS; step++) {
    const choice = random()
    if (choice < 0.5) pipeline.end(1 + Math.floor(random() * 8))
    else if (choice < 0.7) waits.push(pipeline.flush().catch(() => {}))
    // oxlint-disable-next-line no-await-in-loop -- one step after the other
    else await sleep(Math.floor(random() * 30))
  }
  await lab.settles('all flushes', () => Promise.all(waits), 1000)
  await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
  return mostAtOnce
}

/** Mulberry32: good enough to shuffle, and short. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let word = Math.imul(state ^ (state >>> 15), state | 1)
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61)
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32
  }
}
