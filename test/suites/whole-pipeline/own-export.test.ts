// SPDX-License-Identifier: Apache-2.0
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import { OTLPTraceExporter } from '@spanring/otlp-exporter'
import { setupSink } from '@spanring/test-kit/sink'
import { tracerOf } from '@spanring/test-kit/spans'
import { expect, onTestFinished, test } from 'vitest'

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

/** As shimmer and APM agents do it: on the class, before or after the exporter is made. */
function patchClass(): void {
  const { prototype } = OTLPTraceExporter
  const { export: send } = prototype
  prototype.export = function (spans, done) {
    send.call(this, redacted(spans), done)
  }
  onTestFinished(() => void (prototype.export = send))
}

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

test.each([
  ['the class, before anything is made', (exporter: OTLPTraceExporter | undefined) => exporter ?? patchClass()],
  ['the class, after the processor was made', (exporter: OTLPTraceExporter | undefined) => exporter && patchClass()],
  ['the object, after the processor was made', (exporter: OTLPTraceExporter | undefined) => exporter && patched(exporter)],
])('every span goes through an export that was wrapped on %s', async (_what, patch) => {
  const sink = await setupSink()
  patch(undefined)
  const exporter = new OTLPTraceExporter({ url: sink.url })
  const processor = new BatchSpanProcessor(exporter)
  onTestFinished(() => processor.shutdown({ timeoutMillis: 100 }).catch(() => {}))
  const tracer = tracerOf(processor)
  patch(exporter)
  tracer.startSpan('open').end()
  tracer.startSpan('password=hunter2', { attributes: { secret: 'hunter2' } }).end()
  await processor.forceFlush()

  expect((await sink.spans()).map(({ name }) => name)).toEqual(['open'])
})
