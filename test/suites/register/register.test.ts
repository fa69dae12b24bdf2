// SPDX-License-Identifier: Apache-2.0
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { startSink } from '@spanring/sink'
import type { ReceivedSpan } from '@spanring/sink'
import type { Program } from '@spanring/test-kit/program'
import { setupApplication } from '@spanring/test-kit/setup-application'
import { afterAll, describe, expect, test } from 'vitest'

const PROGRAMS = new URL('fixtures', import.meta.url)
const OURS = '@spanring/node/register'
const STOCK = '@opentelemetry/auto-instrumentations-node/register'
const INSTRUMENTATIONS = '@opentelemetry/auto-instrumentations-node'

/** One for each program that runs at a time: an embedded database has one session. */
const databases = await Promise.all([startDatabase(), startDatabase()])
afterAll(() => {
  for (const database of databases) database.process.disconnect()
})

async function startDatabase(): Promise<{ url: string; process: ChildProcess }> {
  const program = new URL('../../../examples/instrumented-app/dist/esm/app/embedded-database.js', import.meta.url)
  const child = fork(fileURLToPath(program), { env: { PATH: process.env['PATH'] }, execArgv: [] })
  const [message] = (await once(child, 'message')) as [{ url: string }]
  return { url: message.url, process: child }
}

type Start = (env: Record<string, string>) => Program

/** Runs the same requests against each program, then the end that the application itself has; gives what each sent. */
async function traced(...starts: Start[]): Promise<ReceivedSpan[][]> {
  const sinks = await Promise.all(starts.map(() => startSink()))
  const programs = starts.map((start, index) =>
    start({
      OTEL_EXPORTER_OTLP_ENDPOINT: sinks[index]?.origin ?? '',
      OTEL_SERVICE_NAME: 'shop',
      DATABASE_URL: databases[index]?.url ?? '',
    }),
  )
  const urls = await Promise.all(programs.map((program) => program.printed(/http:\S+/)))
  for (const url of urls) for (const path of ['/hello/world', '/sum', '/nowhere']) await (await fetch(url + path)).text()
  for (const program of programs) program.kill('SIGUSR2')
  for (const { ended } of programs) {
    // At the start of a line: Node.js prints a path on some lines of its own, and a checkout is called spanring too.
    expect(await ended).toMatchObject({ code: 0, stderr: expect.not.stringMatching(/^spanring: /m) as unknown })
  }
  const spans = await Promise.all(sinks.map((sink) => sink.spans()))
  await Promise.all(sinks.map((sink) => sink.close()))
  return spans
}

/**
 * Of one run alone: ports and processes, the options that Node.js was started with, and the version of the SDK: stock's
 * register brings its own, which may be another than the application's.
 */
const OF_ONE_RUN = /\.port$|^process\.pid$|^process\.command_args$|^service\.instance\.id$|^telemetry\.sdk\.version$/

/** What two runs of the same program have in common, a text for each span. */
function comparable(spans: readonly ReceivedSpan[]): string[] {
  const names = new Map(spans.map(({ spanId, name }) => [spanId, name]))
  const texts = spans.map((span) => {
    const { name, kind, scope, resource, status, events, parentSpanId } = span
    const parent = parentSpanId === '' ? 'none' : (names.get(parentSpanId) ?? 'not received')
    const [attributes, of] = [span, resource].map((holder) =>
      Object.entries(holder.attributes).map((entry) => (OF_ONE_RUN.test(entry[0]) ? entry[0] : entry)),
    )
    const common = {
      name,
      parent,
      kind,
      scope,
      status,
      events: events.map((event) => [event.name, event.attributes]),
      attributes,
      of,
    }
    return inspect(common, { depth: null, breakLength: Infinity }).replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:…')
  })
  return texts.toSorted()
}

describe.each(['sdk-2', 'sdk-3'] as const)('register beside %s', async (line) => {
  const application = await setupApplication(line, PROGRAMS)
  // Stock's register leaves ES modules to a loader that the user has to name.
  const loader = application.resolve(INSTRUMENTATIONS, '@opentelemetry/instrumentation/hook.mjs')

  test.each([
    ['an ES module', 'server.mjs', '--import', ['--require', STOCK, `--experimental-loader=${loader}`]],
    ['CommonJS', 'server.cjs', '--require', ['--require', STOCK]],
  ])('traces %s as stock does', async (_format, file, option, stock) => {
    const [ours = [], theirs = []] = await traced(
      (env) => application.start(file, { execArgv: [option, OURS], env }),
      (env) => application.start(file, { execArgv: stock, env }),
    )

    expect(ours.map(({ scope }) => scope.name)).toEqual(
      expect.arrayContaining(['@opentelemetry/instrumentation-http', '@opentelemetry/instrumentation-pg']),
    )
    expect(comparable(ours)).toEqual(comparable(theirs))
  })
})

test.each([
  ['an ES module with --require', 'server.mjs', ['--require', OURS]],
  ['CommonJS with --import', 'server.cjs', ['--import', OURS]],
  ['only once with both', 'server.mjs', ['--require', OURS, '--import', OURS]],
])('register traces %s', async (_what, file, execArgv) => {
  const application = await setupApplication('sdk-2', PROGRAMS)
  const [spans = []] = await traced((env) => application.start(file, { execArgv, env }))

  expect(spans.filter(({ kind }) => kind === 2)).toHaveLength(3)
  expect(spans.map(({ name }) => name)).toContain('pg.query:SELECT postgres')
})
