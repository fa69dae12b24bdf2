// SPDX-License-Identifier: Apache-2.0
import { OTLPTraceExporter } from '@spanring/otlp-exporter'
import { bySpanId, deliverTracedProgram } from '@spanring/test-kit/delivery'
import type { Delivery, SdkLine } from '@spanring/test-kit/delivery'
import type { SwappableProcessor } from '@spanring/traced-program'
import { describe, expect, test } from 'vitest'
import type { CreateReplacement } from '../compat/describe-drop-in.js'

const OPTIONS = { maxExportBatchSize: 100, scheduledDelayMillis: 50 }

/** The tests of one SDK line; in a file of its own for each, because two lines in a process share the API's globals. */
export function describeExporterDropIn(sdk: SdkLine, createOurs: CreateReplacement): void {
  describe.each([
    ['http/protobuf', 'none'],
    ['http/protobuf', 'gzip'],
    ['http/json', 'none'],
    ['http/json', 'gzip'],
  ] as const)(`on SDK ${sdk.sdkLine} over %s, compression %s`, (protocol, compression) => {
    const deliver = (createProcessor: (url: string) => SwappableProcessor): Promise<Delivery> =>
      deliverTracedProgram(sdk, { strict: true }, ({ url }) => createProcessor(url))
    const ourExporter = (url: string): OTLPTraceExporter => new OTLPTraceExporter({ url, protocol, compression })
    let delivery: Promise<Delivery> | undefined
    const stock = (): Promise<Delivery> =>
      (delivery ??= deliver((url) => sdk.createStockProcessor(sdk.createStockExporter(protocol, url), OPTIONS)))

    test('behind the stock processor our exporter delivers exactly what the stock exporter delivers', async () => {
      const theirs = await stock()
      const ours = await deliver((url) => sdk.createStockProcessor(ourExporter(url), OPTIONS))
      expectSame(ours, theirs)
      expectEncoding(ours)
    })

    test('behind our processor it does so too', async () => {
      const theirs = await stock()
      const ours = await deliver((url) => createOurs(ourExporter(url), OPTIONS))
      expectSame(ours, theirs)
      expectEncoding(ours)
    })

    function expectEncoding({ stats }: Delivery): void {
      expect(stats.lastHeaders).toMatchObject({
        'content-type': protocol === 'http/json' ? 'application/json' : 'application/x-protobuf',
        ...(compression === 'gzip' && { 'content-encoding': 'gzip' }),
      })
    }
  })
}

function expectSame(ours: Delivery, theirs: Delivery): void {
  expect(theirs.endedIds).toHaveLength(700)
  expect(ours.endedIds).toEqual(theirs.endedIds)
  expect(bySpanId(ours.spans)).toEqual(bySpanId(theirs.spans))
  expect(ours.stats).toMatchObject({ duplicates: 0, requests: theirs.stats.requests, refusals: {}, unknownFields: {} })
}
