// SPDX-License-Identifier: Apache-2.0
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { Application } from '@spanring/test-kit/application'
import type { BuiltCollector } from '../build-collector.js'
import { Collector } from '../collector-process.js'
import { forEachContender } from '../contender.js'
import type { Contender } from '../contender.js'
import type { Row } from '../row.js'
import { readWrittenSpans } from '../written-spans.js'
import type { WrittenSpans } from '../written-spans.js'

/** A program of the tests of `register` that knows nothing of telemetry. */
const PROGRAMS = new URL('../../../../../suites/register/fixtures/', import.meta.url)

const OURS = '@spanring/node/register'
const STOCK = '@opentelemetry/auto-instrumentations-node/register'

/**
 * Of one run alone: ports and processes, the options that Node.js was started with, and the version of the SDK: stock's
 * register brings its own, which may be another than the application's.
 */
const OF_ONE_RUN = /\.port$|^process\.pid$|^process\.command_args$|^service\.instance\.id$|^telemetry\.sdk\.version$/

const IDS_AND_TIMES: ReadonlySet<string> = new Set(['traceId', 'spanId', 'startTimeUnixNano', 'endTimeUnixNano'])

/** An application that nobody has instrumented, started with the stock `register` and with ours. */
export async function compareRegister(built: BuiltCollector): Promise<Row[]> {
  const program = createRequire(import.meta.url).resolve('@spanring/instrumented-app/dist/esm/app/embedded-database.js')
  const rows: Row[] = []
  for (const line of ['sdk-2', 'sdk-3'] as const) {
    for (const file of ['server.mjs', 'server.cjs']) {
      const database = fork(program, { env: { PATH: process.env['PATH'] }, execArgv: [] })
      try {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        const [message] = (await once(database, 'message')) as [{ url: string }]
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        rows.push(await compare(built, line, file, message.url))
      } finally {
        database.kill()
      }
    }
  }
  return rows
}

async function compare(built: BuiltCollector, line: 'sdk-2' | 'sdk-3', file: string, databaseUrl: string): Promise<Row> {
  await using collector = await Collector.start(built)
  await using application = await Application.create(line, PROGRAMS)
  const loader = application.resolve('@opentelemetry/auto-instrumentations-node', '@opentelemetry/instrumentation/hook.mjs')
  const isModule = file.endsWith('.mjs')
  const starts: Record<Contender, string[]> = {
    // Stock's leaves ES modules to a loader that the user has to name.
    stock: ['--require', STOCK, ...(isModule ? [`--experimental-loader=${loader}`] : [])],
    spanring: [isModule ? '--import' : '--require', OURS],
  }
  // One after the other: an embedded database has one session.
  for (const contender of ['stock', 'spanring'] as const) {
    // oxlint-disable-next-line no-await-in-loop -- see above
    await runRequests(application, file, starts[contender], {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.ports[contender].http}`,
      OTEL_SERVICE_NAME: 'shop',
      DATABASE_URL: databaseUrl,
    })
  }
  await collector.stop()
  const written = await forEachContender((contender) => readWrittenSpans(collector.files[contender]))
  const [stock, ours] = [comparable(written.stock), comparable(written.spanring)]
  const differing = ours.filter((text, index) => text !== stock[index])
  const faults = differing.slice(0, 1).map((text) => `${differing.length} of ${ours.length} spans differ; ours, first: ${text}`)
  if (stock.length !== ours.length) faults.push(`stock delivered ${stock.length} spans, ours ${ours.length}`)
  for (const scope of ['http', 'pg']) {
    if (!ours.some((text) => text.includes(`@opentelemetry/instrumentation-${scope}`))) faults.push(`no span of ${scope}`)
  }
  return {
    scenario: `register, ${line === 'sdk-2' ? 'SDK 2.12' : 'SDK 3.1'}, ${isModule ? 'ES module' : 'CommonJS'}`,
    ended: ours.length,
    stock: stock.length,
    ours: ours.length,
    'ours twice': written.spanring.repeated,
    differences: differing.length,
    faults,
  }
}

/** Runs the requests against the program, and waits until it has ended by itself; `execArgv` starts its telemetry. */
async function runRequests(
  application: Application,
  file: string,
  execArgv: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  // Node.js warns of the loader that stock has to be started with.
  const program = application.start(file, { execArgv, env: { NODE_NO_WARNINGS: '1', ...env } })
  try {
    const url = await program.printed(/http:\S+/)
    // oxlint-disable-next-line no-await-in-loop -- one after the other, so that the spans have one order
    for (const path of ['/hello/world', '/sum', '/nowhere']) await (await fetch(url + path)).text()
    program.kill('SIGUSR2')
    const { code, stderr } = await program.ended
    if (code !== 0) throw new Error(`${file} ended with ${code}:\n${stderr}`)
  } finally {
    program.kill('SIGKILL')
  }
}

interface Attribute {
  readonly key: string
  readonly value: unknown
}

interface Written {
  readonly span: {
    readonly spanId: string
    readonly parentSpanId?: string
    readonly name: string
    readonly attributes?: readonly Attribute[]
    readonly [field: string]: unknown
  }
  readonly scope?: unknown
  readonly resource?: { readonly attributes?: readonly Attribute[] }
}

/** What two runs of the same program have in common, a text for each span. */
function comparable({ byId }: WrittenSpans): string[] {
  const all = [...byId.values()].map((text) => JSON.parse(text) as Written)
  const names = new Map(all.map(({ span }) => [span.spanId, span.name]))
  return all
    .map(({ span, scope, resource }) => {
      const { parentSpanId, attributes = [], ...fields } = span
      const rest = Object.entries(fields).filter(([name]) => !IDS_AND_TIMES.has(name))
      const parent = parentSpanId === undefined || parentSpanId === '' ? 'none' : (names.get(parentSpanId) ?? 'not written')
      const [own, common] = [attributes, resource?.attributes ?? []].map((list) => list.map(withoutRun))
      return JSON.stringify({ rest, parent, own, scope, common }).replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:…')
    })
    .toSorted()
}

function withoutRun({ key, value }: Attribute): unknown {
  return OF_ONE_RUN.test(key) ? key : [key, value]
}
