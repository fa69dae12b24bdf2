// SPDX-License-Identifier: Apache-2.0
// The process of the application: starts a part of the example, under the telemetry that was preloaded, if any.
import { mainThreadMicros } from '../end-to-end/thread-clock.js'
import { startOrders, startPricing } from './example.js'
import { endedSpans, stopTelemetry } from './count-spans.js'

export type Part = 'orders' | 'pricing'
export type AppMessage =
  | { readonly kind: 'started'; readonly url: string }
  | {
      readonly kind: 'finished'
      readonly ended: number
      readonly mainMillis: number | undefined
      readonly cpuMillis: number
      readonly rssBytes: number
    }

const part = process.argv[2]
const service = await (part === 'orders' ? startOrders() : startPricing())
let main = mainThreadMicros()
let cpu = process.cpuUsage()
process.send?.({ kind: 'started', url: service.url } satisfies AppMessage)
process.on('message', (command: 'measure' | 'finish') => {
  if (command === 'finish') return void finish()
  main = mainThreadMicros()
  cpu = process.cpuUsage()
})
process.once('disconnect', () => process.exit())

async function finish(): Promise<void> {
  const used = process.cpuUsage(cpu)
  const mainNow = mainThreadMicros()
  const rssBytes = process.memoryUsage.rss()
  await service.close()
  await stopTelemetry()
  const cpuMillis = (used.user + used.system) / 1000
  const mainMillis = main === undefined || mainNow === undefined ? undefined : (mainNow - main) / 1000
  process.send?.({ kind: 'finished', ended: endedSpans(), mainMillis, cpuMillis, rssBytes } satisfies AppMessage, () =>
    process.exit(),
  )
}
