// SPDX-License-Identifier: Apache-2.0
import type { Attributes, MeterProvider, MetricOptions, ObservableCallback } from '@opentelemetry/api'
import { expect, test } from 'vitest'
import { Ledger } from '../../src/accounting/ledger.js'
import { ProcessorMetrics } from '../../src/accounting/processor-metrics.js'

/** Records what instruments are made and what is added to them. */
function setup({ addThrows = false } = {}) {
  const adds: [string, number, Attributes | undefined][] = []
  const made: Record<string, { kind: string; unit: string | undefined; description: string | undefined }> = {}
  const callbacks = new Set<ObservableCallback>()
  const create = (kind: string) => (name: string, options?: MetricOptions) => {
    made[name] = { kind, unit: options?.unit, description: options?.description }
    return {
      add: (count: number, attributes?: Attributes) => {
        if (addThrows && kind === 'counter') throw new Error('add')
        adds.push([name, count, attributes])
      },
      addCallback: (callback: ObservableCallback) => callbacks.add(callback),
      removeCallback: (callback: ObservableCallback) => callbacks.delete(callback),
    }
  }
  const meter = {
    createCounter: create('counter'),
    createUpDownCounter: create('up-down'),
    createObservableUpDownCounter: create('observable'),
  }
  const ledger = new Ledger()
  const state = { capacity: 100 }
  const provider = { getMeter: () => meter } as unknown as MeterProvider
  const metrics = new ProcessorMetrics(provider, ledger, () => state.capacity)
  const times = (count: number, transition: () => void): void => {
    for (let i = 0; i < count; i++) transition()
  }
  const handOver = (count: number): void => {
    times(count, () => ledger.admit())
    ledger.handOver(count, false)
  }
  return { metrics, ledger, handOver, times, adds, made, callbacks, state }
}

const PROCESSED = 'otel.sdk.processor.span.processed'

test('the instruments have the names, units and descriptions of the conventions', () => {
  const unit = '{span}'
  expect(setup().made).toEqual({
    'otel.sdk.processor.span.processed': {
      kind: 'counter',
      unit,
      description: 'The number of spans for which the processing has finished, either successful or failed.',
    },
    'otel.sdk.processor.span.queue.capacity': {
      kind: 'up-down',
      unit,
      description: 'The maximum number of spans the queue of a given instance of an SDK span processor can hold.',
    },
    'otel.sdk.processor.span.queue.size': {
      kind: 'observable',
      unit,
      description: 'The number of spans in the queue of a given instance of an SDK span processor.',
    },
  })
})

test('each processor is a component of its own, counted up', () => {
  const names = [setup(), setup()].map(({ adds }) => adds[0]?.[2])
  const number = (name: Attributes | undefined) => Number(String(name?.['otel.component.name']).split('/')[1])
  expect(number(names[1])).toBe(number(names[0]) + 1)
  expect(names[0]).toMatchObject({ 'otel.component.type': 'batching_span_processor' })
})

test('capacity and size are reported, and the callback goes at the end', () => {
  const { metrics, ledger, times, adds, callbacks } = setup()
  times(42, () => ledger.admit())
  expect(adds).toMatchObject([['otel.sdk.processor.span.queue.capacity', 100, {}]])
  const observed: number[] = []
  for (const callback of callbacks) void callback({ observe: (value: number) => observed.push(value) })
  expect(observed).toEqual([42])
  metrics.close()
  expect(callbacks.size).toBe(0)
})

test('a capacity that changes is reported as the difference', () => {
  const { metrics, adds, state } = setup()
  state.capacity = 110
  metrics.report()
  metrics.report()
  expect(adds.map(([, count]) => count)).toEqual([100, 10])
})

test('a span is processed when it is handed over, whatever comes of it', () => {
  const { metrics, ledger, handOver, adds } = setup()
  handOver(10)
  ledger.settle(10, { exported: 0, failed: { export_failed: 10 } })
  metrics.report()
  handOver(5)
  metrics.report()
  metrics.report()
  const processed = adds.filter(([name]) => name === PROCESSED)
  expect(processed.map(([, count]) => count)).toEqual([10, 5])
  for (const [, , attributes] of processed) expect(attributes).not.toHaveProperty('error.type')
})

test('a span that the exporter stores is processed once, and not again when its outcome is told', () => {
  const { metrics, ledger, handOver, adds } = setup()
  handOver(10)
  metrics.report()
  ledger.settle(10, { exported: 1, failed: {} })
  metrics.report()
  ledger.settle(0, { exported: 4, failed: { expired: 2 }, kept: 3 })
  metrics.close()
  expect(adds.filter(([name]) => name === PROCESSED).map(([, count]) => count)).toEqual([10])
})

test('drops carry their reason as the type of error', () => {
  const { metrics, ledger, times, adds } = setup()
  times(3, () => ledger.drop('queue_full'))
  metrics.report()
  times(2, () => ledger.drop('already_shutdown'))
  metrics.close()
  const drops = adds.filter(([name]) => name === PROCESSED).map(([, count, attributes]) => [count, attributes?.['error.type']])
  expect(drops).toEqual([
    [3, 'queue_full'],
    [2, 'already_shutdown'],
  ])
})

test('spans that the exporter refuses carry the reason as the type of error', () => {
  const { metrics, ledger, handOver, times, adds } = setup()
  handOver(10)
  times(3, () => ledger.admit())
  ledger.refuse('rejected')
  ledger.refuse('too_large')
  ledger.refuse('too_large')
  metrics.report()
  metrics.report()
  const processed = adds
    .filter(([name]) => name === PROCESSED)
    .map(([, count, attributes]) => [count, attributes?.['error.type']])
  expect(processed).toEqual([
    [10, undefined],
    [1, 'rejected'],
    [2, 'too_large'],
  ])
  expect(ledger.counts.failed).toEqual({ rejected: 1, too_large: 2 })
})

test('a counter that throws does not make spans count again', () => {
  const { metrics, handOver } = setup({ addThrows: true })
  handOver(10)
  expect(() => metrics.report()).toThrow('add')
  expect(() => metrics.report()).not.toThrow()
})
