// SPDX-License-Identifier: Apache-2.0
import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Attributes, MeterProvider } from '@opentelemetry/api'
import { install } from '@sinonjs/fake-timers'
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import { OTLPTraceExporter } from '@spanring/otlp-exporter'
import { startSink } from '@spanring/sink'
import type { Sink, SinkOptions } from '@spanring/sink'
import type { SdkLine } from '@spanring/test-kit/delivery'
import { describe, expect, test } from 'vitest'
import type { Cases } from './differences.js'
import { RecordingExporter } from './recording-exporter.js'
import { see } from './see.js'
import type { Contender, Seen } from './see.js'

interface Options {
  maxQueueSize?: number
  maxExportBatchSize?: number
  scheduledDelayMillis?: number
  exportTimeoutMillis?: number
  shutdownTimeoutMillis?: number
  selfObsMeterProvider?: MeterProvider
}

/** The tests of one SDK line; in a file of its own for each, because two lines in a process share the API's globals. */
export function describeDifferences(sdk: SdkLine): void {
  function createProcessor(contender: Contender, exporter: unknown, options: Options = {}): BatchSpanProcessor {
    return contender === 'stock'
      ? (sdk.createStockProcessor(exporter as never, options) as never)
      : new BatchSpanProcessor(exporter as never, options)
  }

  function endSpans(processor: unknown, count: number): void {
    const tracer = sdk.createTracerProvider([processor as never]).getTracer('test')
    for (let i = 0; i < count; i++) tracer.startSpan('work').end()
  }

  const processor: Cases<'processor', () => Promise<void>> = {
    'when a full batch is exported': async () => {
      const seen = await see(async (contender) => {
        const exporter = new RecordingExporter()
        const tested = createProcessor(contender, exporter, { maxExportBatchSize: 5 })
        endSpans(tested, 5)
        const inside = exporter.calls.length
        await tested.shutdown()
        return { inside, afterwards: exporter.calls.length > 0 }
      })
      expect(seen).toEqual({ stock: { inside: 1, afterwards: true }, spanring: { inside: 0, afterwards: true } })
    },
    'what `forceFlush()` waits for': async () => {
      const seen = await see(async (contender) => {
        const exporter = new RecordingExporter({ delayMillis: 100 })
        const tested = createProcessor(contender, exporter, { maxExportBatchSize: 5 })
        endSpans(tested, 5)
        // The batch is full and handed over as soon as the loop turns.
        await expect.poll(() => exporter.calls).toContain('export')
        await tested.forceFlush()
        const calls = [...exporter.calls]
        await tested.shutdown()
        return calls
      })
      expect(seen).toEqual({ stock: ['export'], spanring: ['export', 'exported', 'forceFlush'] })
    },
    'a `forceFlush()` of several batches, before it is awaited': async () => {
      const seen = await see(async (contender) => {
        const exporter = new RecordingExporter({ delayMillis: 20 })
        const tested = createProcessor(contender, exporter, { maxExportBatchSize: 5 })
        endSpans(tested, 20)
        const flushed = tested.forceFlush()
        const begun = exporter.calls.length
        await flushed
        await tested.shutdown()
        return begun
      })
      expect(seen).toEqual({ stock: 4, spanring: 1 })
    },
    'a shutdown whose last export fails': async () => {
      const seen = await see(async (contender) => {
        const exporter = new RecordingExporter({ code: 1 })
        const tested = createProcessor(contender, exporter)
        endSpans(tested, 1)
        await Promise.allSettled([tested.shutdown()])
        return exporter.calls.includes('shutdown')
      })
      expect(seen).toEqual({ stock: false, spanring: true })
    },
    'a shutdown whose `exporter.shutdown()` never ends': async () => {
      const seen = await see(async (contender) => {
        const exporter = new RecordingExporter()
        exporter.shutdown = () => new Promise(() => {})
        const ended = createProcessor(contender, exporter, { shutdownTimeoutMillis: 300 })
          .shutdown()
          .catch(() => {})
        return await Promise.race([ended, sleep(1500, 'holds on')])
      })
      expect(seen).toEqual({ stock: 'holds on', spanring: undefined })
    },
    'an exporter that never answers': async () => {
      const seen = await see(async (contender) => {
        const startedAt: number[] = []
        const exporter = new RecordingExporter()
        exporter.export = () => void startedAt.push(performance.now())
        const tested = createProcessor(contender, exporter, { scheduledDelayMillis: 1, exportTimeoutMillis: 20 })
        const begin = performance.now()
        while (performance.now() < begin + 1200) {
          endSpans(tested, 1)
          // oxlint-disable-next-line no-await-in-loop -- spans keep coming
          await sleep(5)
        }
        await Promise.allSettled([tested.shutdown()])
        const early = startedAt.filter((at) => at < begin + 600).length
        return early > 2 * (startedAt.length - early) ? 'more and more rarely' : 'as often'
      })
      expect(seen).toEqual({ stock: 'as often', spanring: 'more and more rarely' })
    },
    '`exportTimeoutMillis: 0`': async () => {
      const seen = await see(async (contender) => {
        const tested = createProcessor(contender, new RecordingExporter({ delayMillis: 100 }), { exportTimeoutMillis: 0 })
        endSpans(tested, 1)
        const [flushed] = await Promise.allSettled([tested.forceFlush()])
        await Promise.allSettled([tested.shutdown()])
        return flushed.status
      })
      expect(seen).toEqual({ stock: 'rejected', spanring: 'fulfilled' })
    },
    'the asynchronous context of an export': async () => {
      const seen = await see(async (contender) => {
        const requests = new AsyncLocalStorage<string>()
        const exporter = new RecordingExporter({ onExport: () => requests.getStore() })
        const tested = createProcessor(contender, exporter, { maxExportBatchSize: 5 })
        requests.run('request', () => endSpans(tested, 5))
        await expect.poll(() => exporter.seen.length).toBe(1)
        await tested.shutdown()
        return exporter.seen
      })
      expect(seen).toEqual({ stock: ['request'], spanring: [undefined] })
    },
    'the metric `otel.sdk.processor.span.processed`, when an export fails': async () => {
      const seen = await see(async (contender) => {
        const errorTypes: unknown[] = []
        const tested = createProcessor(contender, new RecordingExporter({ code: 1 }), {
          selfObsMeterProvider: noteAdds('otel.sdk.processor.span.processed', (_value, attributes) =>
            errorTypes.push(attributes['error.type']),
          ),
        })
        endSpans(tested, 3)
        await Promise.allSettled([tested.shutdown()])
        return errorTypes
      })
      expect(seen).toEqual({ stock: [expect.any(String)], spanring: [undefined] })
    },
    'the metric `otel.sdk.processor.span.queue.capacity`': async () => {
      const seen = await see(async (contender) => {
        const capacities: number[] = []
        const selfObsMeterProvider = noteAdds('otel.sdk.processor.span.queue.capacity', (value) => capacities.push(value))
        const options = { maxQueueSize: 100, maxExportBatchSize: 10, selfObsMeterProvider }
        await createProcessor(contender, new RecordingExporter(), options).shutdown()
        return capacities
      })
      expect(seen).toEqual({ stock: [100], spanring: [110] })
    },
    'the scope of the processor’s own metrics': async () => {
      const seen = await see(async (contender) => {
        const scopes: string[] = []
        const selfObsMeterProvider = noteScopes(scopes)
        await createProcessor(contender, new RecordingExporter(), { selfObsMeterProvider }).shutdown()
        return scopes
      })
      expect(seen).toEqual({ stock: ['@opentelemetry/sdk-trace'], spanring: ['@spanring/batch-span-processor'] })
    },
    'fake timers, as of Jest, Vitest or sinon': async () => {
      const seen = await see(async (contender) => {
        const exporter = new RecordingExporter()
        const exports = (): number => exporter.calls.filter((call) => call === 'export').length
        const tested = createProcessor(contender, exporter, { scheduledDelayMillis: 50 })
        const { setTimeout: setRealTimeout } = globalThis
        const clock = install({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'Date', 'performance'] })
        endSpans(tested, 1)
        await new Promise((resolve) => void setRealTimeout(resolve, 300))
        const inRealTime = exports()
        await clock.tickAsync(1000)
        const inFakeTime = exports() - inRealTime
        clock.uninstall()
        await tested.shutdown()
        return { inRealTime, inFakeTime }
      })
      expect(seen).toEqual({ stock: { inRealTime: 0, inFakeTime: 1 }, spanring: { inRealTime: 1, inFakeTime: 0 } })
    },
    'spans that end after the shutdown': async () => {
      const seen = await see(async (contender) => {
        const tested = createProcessor(contender, new RecordingExporter())
        await tested.shutdown()
        endSpans(tested, 3)
        return (tested as Partial<BatchSpanProcessor>).stats?.().dropped.already_shutdown
      })
      expect(seen).toEqual({ stock: undefined, spanring: 3 })
    },
  }

  /** Stock processor and stock exporter, or both of spanring, against a sink. */
  async function seeExports(
    observe: (tested: BatchSpanProcessor, sink: Sink) => Promise<unknown>,
    options: Options = {},
    sinkOptions: SinkOptions = {},
    timeoutMillis = 10_000,
  ): Promise<Seen> {
    return await see(async (contender) => {
      const sink = await startSink(sinkOptions)
      const exporter =
        contender === 'stock'
          ? sdk.createStockExporter('http/protobuf', sink.url, timeoutMillis)
          : new OTLPTraceExporter({ url: sink.url, timeoutMillis })
      const tested = createProcessor(contender, exporter, options)
      try {
        return await observe(tested, sink)
      } finally {
        await sink.close()
        await Promise.allSettled([tested.shutdown()])
      }
    })
  }

  const exporter: Cases<'exporter', () => Promise<void>> = {
    'more spans than the queue has places, ended in one stretch': async () => {
      const seen = await seeExports(
        async (tested, sink) => {
          endSpans(tested, 4000)
          await tested.forceFlush()
          await sink.waitForSpans(500)
          await expect.poll(async () => (await sink.stats()).waiting).toBe(0)
          const { delivered } = await sink.stats()
          return delivered === 4000 ? 'all' : 'not all'
        },
        { maxQueueSize: 1000 },
      )
      expect(seen).toEqual({ stock: 'not all', spanring: 'all' })
    },
    'a backend that is gone for longer than an export may take': async () => {
      const timeoutMillis = 300
      const observe = async (tested: BatchSpanProcessor, sink: Sink): Promise<unknown> => {
        await sink.stopListening()
        endSpans(tested, 10)
        const first = tested.forceFlush().then(
          () => 'fulfilled',
          () => 'rejected',
        )
        const early = await Promise.race([first, sleep(8 * timeoutMillis, 'waits')])
        await sink.listenAgain()
        await Promise.race([first, sleep(8 * timeoutMillis)])
        await tested.forceFlush().catch(() => {})
        return [early, (await sink.stats()).delivered]
      }
      const seen = await seeExports(observe, {}, {}, timeoutMillis)
      expect(seen).toEqual({ stock: ['rejected', 0], spanring: ['waits', 10] })
    },
    'a backend that answers byte by byte': async () => {
      const timeoutMillis = 400
      const observe = async (tested: BatchSpanProcessor, sink: Sink): Promise<unknown> => {
        await sink.script({ fault: 'drip', dripEveryMillis: 20 })
        endSpans(tested, 1)
        const flushed = tested.forceFlush().then(
          () => 'settled',
          () => 'settled',
        )
        return await Promise.race([flushed, sleep(3 * timeoutMillis, 'holds on')])
      }
      const seen = await seeExports(observe, {}, {}, timeoutMillis)
      expect(seen).toEqual({ stock: 'holds on', spanring: 'settled' })
    },
    'a request that is too large for the backend (413)': async () => {
      const seen = await seeExports(
        async (tested, sink) => {
          endSpans(tested, 100)
          await Promise.allSettled([tested.forceFlush()])
          return (await sink.stats()).delivered
        },
        {},
        { maxBodyBytes: 4096 },
      )
      expect(seen).toEqual({ stock: 0, spanring: 100 })
    },
    'spans that the backend rejects (partial success)': async () => {
      const seen = await seeExports(async (tested, sink) => {
        await sink.script({ partialSuccess: { rejectedSpans: 2, errorMessage: 'too old' } })
        endSpans(tested, 10)
        const [flushed] = await Promise.allSettled([tested.forceFlush()])
        return [flushed.status, (tested as Partial<BatchSpanProcessor>).stats?.().failed]
      })
      expect(seen).toEqual({ stock: ['fulfilled', undefined], spanring: ['rejected', { rejected: 2 }] })
    },
    '`error.code` of an export that the backend refuses': async () => {
      const seen = await seeExports(async (tested, sink) => {
        await sink.script({ status: 400 })
        endSpans(tested, 1)
        const [flushed] = await Promise.allSettled([tested.forceFlush()])
        const { code, statusCode } = ((flushed as PromiseRejectedResult).reason ?? {}) as Record<string, unknown>
        return [code, statusCode]
      })
      expect(seen).toEqual({ stock: [400, undefined], spanring: ['http_400', 400] })
    },
    'the header `User-Agent`': async () => {
      const seen = await seeExports(async (tested, sink) => {
        endSpans(tested, 1)
        await tested.forceFlush()
        return (await sink.stats()).lastHeaders?.['user-agent']
      })
      expect(seen).toEqual({
        stock: expect.stringMatching(/^OTel-OTLP-Exporter-JavaScript\/\d/),
        spanring: expect.stringMatching(/^spanring-OTLP-Exporter-JavaScript\/\d/),
      })
    },
    'the scope of the exporter’s own metrics': async () => {
      const seen = await see(async (contender) => {
        const scopes: string[] = []
        const options = { url: 'http://127.0.0.1:9/v1/traces', selfObsMeterProvider: noteScopes(scopes) }
        const tested = contender === 'stock' ? sdk.createStockProtobufExporter(options as never) : new OTLPTraceExporter(options)
        await tested.shutdown()
        return scopes
      })
      expect(seen).toEqual({ stock: ['@opentelemetry/otlp-exporter'], spanring: ['@spanring/otlp-exporter'] })
    },
  }

  describe.each(Object.entries({ processor, exporter }))('the %s differs from stock as the document says', (_group, cases) => {
    test.each(Object.entries(cases))('%s', async (_name, check) => await check())
  })
}

/** A metrics SDK of which nothing is needed but the names of the scopes that it is asked for. */
function noteScopes(scopes: string[]): MeterProvider {
  const provider = noteAdds('', () => {})
  return {
    getMeter(name) {
      scopes.push(name)
      return provider.getMeter(name)
    },
  }
}

/** A metrics SDK of which nothing is needed but what is added to one counter. */
function noteAdds(name: string, note: (value: number, attributes: Attributes) => void): MeterProvider {
  const nothing = { add() {}, record() {}, addCallback() {}, removeCallback() {} }
  const create = (created: string) => (created === name ? { add: note } : nothing)
  const meter = {
    createCounter: create,
    createUpDownCounter: create,
    createHistogram: () => nothing,
    createObservableGauge: () => nothing,
    createObservableUpDownCounter: () => nothing,
  }
  return { getMeter: () => meter } as unknown as MeterProvider
}
