// SPDX-License-Identifier: Apache-2.0
// Preloaded before the telemetry of the example: counts what ends, and nothing else, since the load notices everything.
import { loadTelemetry } from './example.js'

let ended = 0
let stop: (() => Promise<void>) | undefined

/** Called by the preload; without telemetry nobody calls it. */
export async function countSpans(): Promise<void> {
  const telemetry = await loadTelemetry()
  stop = () => telemetry.stopTelemetry()
  telemetry.wrapSpanProcessor((processor) => ({
    onStart: (span, parent) => processor.onStart(span, parent),
    onEnd(span) {
      ended++
      processor.onEnd(span)
    },
    forceFlush: () => processor.forceFlush(),
    shutdown: () => processor.shutdown(),
  }))
}

export function endedSpans(): number {
  return ended
}

export async function stopTelemetry(): Promise<void> {
  await stop?.()
}
