// SPDX-License-Identifier: Apache-2.0
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import { OTLPTraceExporter } from '@spanring/otlp-exporter'
import { expect, onTestFinished, test } from 'vitest'
import { setupSink, tracerOf } from '../src/setup-pipeline.js'

type Export = OTLPTraceExporter['export']
type Spans = Parameters<Export>[0]

/** Keeps spans away from the backend that say so. */
const redacted = (spans: Spans): Spans => spans.filter(({ attributes }) => attributes['secret'] === undefined)

class RedactingExporter extends OTLPTraceExporter {
  override export(...[spans, done]: Parameters<Export>): void {
    super.export(redacted(spans), done)
  }
}

function patched(exporter: OTLPTraceExporter): OTLPTraceExporter {
  const send = exporter.export.bind(exporter)
  exporter.export = (spans, done) => send(redacted(spans), done)
  return exporter
}

/** Stands in front of the exporter and answers for its `export` alone. */
function proxied(exporter: OTLPTraceExporter): OTLPTraceExporter {
  const send: Export = (spans, done) => exporter.export(redacted(spans), done)
  return new Proxy(exporter, {
    get(target, key) {
      const value: unknown = key === 'export' ? send : Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

class Subclass extends RedactingExporter {}

test.each([
  ['of a subclass', (url: string) => new RedactingExporter({ url })],
  ['of a subclass of that', (url: string) => new Subclass({ url })],
  ['of a patched instance', (url: string) => patched(new OTLPTraceExporter({ url }))],
  ['of a proxy', (url: string) => proxied(new OTLPTraceExporter({ url }))],
])('every span goes through the export %s', async (_what, create) => {
  const sink = await setupSink()
  const processor = new BatchSpanProcessor(create(sink.url))
  onTestFinished(() => processor.shutdown({ timeoutMillis: 100 }).catch(() => {}))
  const tracer = tracerOf(processor)
  tracer.startSpan('open').end()
  tracer.startSpan('closed', { attributes: { secret: '4111' } }).end()
  await processor.forceFlush()

  expect((await sink.spans()).map(({ name }) => name)).toEqual(['open'])
  expect(processor.stats()).toMatchObject({ exported: 2, inFlight: 0 })
})
