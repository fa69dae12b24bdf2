// SPDX-License-Identifier: Apache-2.0
import { SDK_LINES } from '@spanring/sdk-lines'
import type { SdkLine } from '@spanring/sdk-lines'
import type { BuiltCollector } from '../build-collector.js'
import type { CollectorOptions } from '../collector-config.js'
import { Collector } from '../collector-process.js'
import { compareSpans, describeComparison } from '../compare-spans.js'
import { forEachContender } from '../contender.js'
import type { Protocol } from '../programs/pipelines.js'
import type { Row } from '../row.js'
import { ReportingProgram } from '../reporting-program.js'
import { readWrittenSpans } from '../written-spans.js'

interface Format {
  readonly name: string
  readonly protocol: Protocol
  readonly gzip?: true
  readonly tls?: true
  /** Ours sends from the export thread. */
  readonly worker?: true
}

const FORMATS: readonly Format[] = [
  { name: 'protobuf', protocol: 'http/protobuf' },
  { name: 'protobuf, gzip', protocol: 'http/protobuf', gzip: true },
  { name: 'protobuf, gzip, TLS', protocol: 'http/protobuf', gzip: true, tls: true },
  { name: 'JSON', protocol: 'http/json' },
  { name: 'JSON, gzip', protocol: 'http/json', gzip: true },
  { name: 'JSON, TLS', protocol: 'http/json', tls: true },
  { name: 'protobuf, export thread', protocol: 'http/protobuf', worker: true },
  { name: 'protobuf, gzip, TLS, export thread', protocol: 'http/protobuf', gzip: true, tls: true, worker: true },
  { name: 'JSON, export thread', protocol: 'http/json', worker: true },
  { name: 'gRPC, stock exporter', protocol: 'grpc' },
]

/** The same program with the same ids through each pipeline on its own, in every format. */
export async function compareFormats(built: BuiltCollector): Promise<Row[]> {
  const rows: Row[] = []
  for (const line of SDK_LINES) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    for (const format of FORMATS) rows.push(await compareFormat(built, line, format))
  }
  return rows
}

async function compareFormat(built: BuiltCollector, line: SdkLine, format: Format): Promise<Row> {
  const { name, protocol, gzip, tls, worker } = format
  const options: CollectorOptions = { tls: tls === true, gzipOnly: gzip === true }
  await using collector = await Collector.start(built, options)
  const env = {
    ...(gzip && { OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' }),
    ...(tls && { OTEL_EXPORTER_OTLP_CERTIFICATE: built.certificate }),
    ...(worker && { SPANRING_WORKER: 'true' }),
  }
  const origin = (port: number): string => `${tls ? 'https' : 'http'}://127.0.0.1:${port}`
  const reports = await forEachContender((contender) => {
    const { http, grpc } = collector.ports[contender]
    const url = protocol === 'grpc' ? origin(grpc) : `${origin(http)}/v1/traces`
    return new ReportingProgram('run-traced-program', { args: [line, contender, protocol, url], env }).report
  })
  await collector.stop()
  const written = await forEachContender((contender) => readWrittenSpans(collector.files[contender]))
  const comparison = compareSpans(written.stock, written.spanring)
  const faults = describeComparison(comparison)
  const { ended } = reports.spanring
  if (ended === 0 || written.stock.byId.size !== ended) faults.push(`stock delivered ${written.stock.byId.size} of ${ended}`)
  if (written.spanring.repeated > 0) faults.push(`ours delivered ${written.spanring.repeated} spans twice`)
  return {
    scenario: `SDK ${line}, ${name}`,
    ended,
    stock: written.stock.byId.size,
    ours: written.spanring.byId.size,
    'ours twice': written.spanring.repeated,
    differences: comparison.differences.size,
    faults,
  }
}
