// SPDX-License-Identifier: Apache-2.0
import type * as sdk2 from '@spanring/sdk-2'
import type * as sdk3 from '@spanring/sdk-3'
import { startSink } from '@spanring/sink'
import type { ReceivedSpan, Sink, SinkOptions, SinkStats } from '@spanring/sink'
import { runTracedProgram } from '@spanring/traced-program'
import type { SwappableProcessor } from '@spanring/traced-program'

/** One line of the OpenTelemetry SDK, taken as data. Both share globals, so a test file imports one of them only. */
export type SdkLine = typeof sdk2 | typeof sdk3

export interface Delivery {
  /** In order of arrival. */
  readonly spans: readonly ReceivedSpan[]
  /** In the order in which the spans ended. */
  readonly endedIds: readonly string[]
  readonly stats: SinkStats
}

/** What a sink has of the traced program when it has run with that processor, and has flushed and shut it down. */
export async function deliverTracedProgram(
  sdk: SdkLine,
  options: SinkOptions,
  createProcessor: (sink: Sink) => SwappableProcessor,
): Promise<Delivery> {
  const sink = await startSink(options)
  try {
    const program = runTracedProgram(sdk, createProcessor(sink))
    await program.forceFlush()
    await program.shutdown()
    await sink.waitForSpans(program.spanIds.length)
    return { spans: await sink.spans(), endedIds: program.spanIds, stats: await sink.stats() }
  } finally {
    await sink.close()
  }
}

export function bySpanId(spans: readonly ReceivedSpan[]): ReceivedSpan[] {
  return spans.toSorted((a, b) => (a.spanId < b.spanId ? -1 : 1))
}
