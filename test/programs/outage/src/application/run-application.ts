// SPDX-License-Identifier: Apache-2.0
// The process of the application: ends spans at a fixed rate and tells its parent how far it is, until it is told to stop or
// killed.
import { loadSdk } from '@spanring/sdk-lines'
import { createContender } from './contender.js'
import type { Order, Report } from './messages.js'
import { createServerSpans } from './server-spans.js'

const TICK_MILLIS = 1
/** After a stall the application catches up, at so many times its share of a tick at most. */
const MAX_CATCH_UP = 10
const REPORT_MILLIS = 50

const order = JSON.parse(process.argv[2] ?? '') as Order
const sdk = await loadSdk(order.sdk)
const contender = await createContender(sdk, order)
const spans = createServerSpans(sdk, contender.processor)
const maxPerTick = Math.max(1, Math.ceil((order.rate * TICK_MILLIS * MAX_CATCH_UP) / 1000))
const startedAt = performance.now()
let ended = 0

const ticks = setInterval(() => {
  const due = Math.floor(((performance.now() - startedAt) * order.rate) / 1000)
  for (const last = Math.min(due, ended + maxPerTick); ended < last; ended++) spans.end(order.firstIndex + ended)
}, TICK_MILLIS)
const reports = setInterval(report, REPORT_MILLIS)
report()

process.once('message', () => {
  clearInterval(ticks)
  clearInterval(reports)
  report()
  void finish()
})
// The parent is gone, and with it everything that this is for.
process.once('disconnect', () => process.exit(1))

function report(): void {
  const nextIndex = order.firstIndex + ended
  const bufferedBytes = contender.bufferedBytes()
  send({ kind: 'progress', nextIndex, at: Date.now(), rssBytes: process.memoryUsage.rss(), bufferedBytes })
}

async function finish(): Promise<void> {
  // What could not be sent within its bound is a rejection here, and missing at the backend.
  await spans.provider.forceFlush().catch(() => {})
  await spans.provider.shutdown().catch(() => {})
  send({ kind: 'done', account: contender.account() }, () => process.exit())
}

function send(message: Report, then: () => void = () => {}): void {
  process.send?.(message, then)
}
