// SPDX-License-Identifier: Apache-2.0
// Everything at once, in random order.
import { setTimeout as sleep } from 'node:timers/promises'
import { SeededRandom, seedFromEnvironment } from '@spanring/test-kit/random'
import type { Call, Lab } from '../lab/lab.js'
import { SHUTDOWN_MILLIS } from '../lab/pipeline.js'
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
      const seed = seedFromEnvironment()
      lab.note(`seed ${seed}`)
      const ended = await Promise.all(Array.from({ length: HISTORIES }, (_, index) => live(lab, new SeededRandom(seed + index))))
      const mostAtOnce = Math.max(...ended)
      lab.require(mostAtOnce <= 1, `${mostAtOnce} exports at once`)
    },
  },
]

/** Returns how many exports whose time was not over ran at once. */
async function live(lab: Lab, random: SeededRandom): Promise<number> {
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
      return random.pick(scripts)()
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
    const choice = random.next()
    if (choice < 0.5) pipeline.end(random.between(1, 8))
    else if (choice < 0.7) waits.push(pipeline.flush().catch(() => {}))
    // oxlint-disable-next-line no-await-in-loop -- one step after the other
    else await sleep(random.below(30))
  }
  await lab.settles('all flushes', () => Promise.all(waits), 1000)
  await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
  return mostAtOnce
}
