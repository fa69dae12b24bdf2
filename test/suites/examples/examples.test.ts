// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url'
import { startSink } from '@spanring/sink'
import type { Sink } from '@spanring/sink'
import { Program } from '@spanring/test-kit/program'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

let sink: Sink
beforeEach(async () => (sink = await startSink()))
afterEach(() => sink.close())

/** As `npm start` runs it, in its own directory. */
function start(example: string, program: string, execArgv: readonly string[] = [], env: Record<string, string> = {}): Program {
  const dir = new URL(`../../../examples/${example}/`, import.meta.url)
  return new Program(new URL(program, dir), [], {
    execArgv,
    cwd: fileURLToPath(dir),
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.origin,
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_NODE_RESOURCE_DETECTORS: 'env',
      ...env,
    },
  })
}

async function delivered(): Promise<string[]> {
  return (await sink.spans()).map(({ name }) => name)
}

describe('the example', () => {
  test.each([
    ['node-sdk-esm', '--import', 'three loaves are baked\n'],
    ['node-sdk-cjs', '--require', 'three loaves are baked\n'],
    ['sdk-2x', '--import', 'three loaves are baked\nspans {\n  ended: 4,\n  exported: 4,'],
  ])('%s delivers its spans', async (example, option, printed) => {
    const { code, stdout, stderr } = await start(example, 'app.js', [option, './telemetry.js']).ended

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.startsWith(printed)).toBe(true)
    expect(await delivered()).toEqual(['loaf', 'loaf', 'loaf', 'bake'])
  })

  test('node-sdk-esm prints its spans without a Collector', async () => {
    const { stdout } = await start('node-sdk-esm', 'app.js', ['--import', './telemetry.js'], { OTEL_TRACES_EXPORTER: 'console' })
      .ended

    expect(stdout.match(/name: '(loaf|bake)'/g)).toHaveLength(4)
    expect(await sink.stats()).toMatchObject({ requests: 0 })
  })

  test('sdk-2x says what is wrong with its variables, through the logger that NodeSDK registers', async () => {
    const env = { OTEL_LOG_LEVEL: 'warn', OTEL_BSP_SCHEDULE_DELAY: 'abc', OTEL_EXPORTER_OTLP_TIMEOUT: '5s' }
    const { stderr } = await start('sdk-2x', 'app.js', ['--import', './telemetry.js'], env).ended

    expect(stderr).toContain('BatchSpanProcessor: [SPANRING_INVALID_SETTING] OTEL_BSP_SCHEDULE_DELAY is "abc"')
    expect(stderr).toContain('OTLPTraceExporter: [SPANRING_INVALID_SETTING] OTEL_EXPORTER_OTLP_TIMEOUT is "5s"')
  })

  test('register is traced, and delivers its spans when it is stopped', async () => {
    const server = start('register', 'server.js', ['--import', '@spanring/node/register'], { PORT: '0' })
    const url = await server.printed(/http:[^,]+/)
    expect(await (await fetch(`${url}/bread`)).text()).toBe('you asked for /bread\n')
    server.kill('SIGINT')

    expect(await server.ended).toMatchObject({ signal: 'SIGINT', stderr: '' })
    expect(await delivered()).toContain('GET')
  })

  test('serverless has delivered its spans when it is frozen, although its connection is gone afterwards', async () => {
    const platform = start('serverless', 'platform.js', [], { WAIT: 'stdin' })
    for (const [index, name] of ['Ada', 'Grace', 'Edsger'].entries()) {
      await platform.printed(new RegExp(`hello ${name}\nfrozen`))
      expect((await sink.spans()).map((span) => span.attributes['name'])).toEqual([name])
      const { port } = new URL(sink.origin)
      await sink.close()
      sink = await startSink({ port: Number(port) })
      if (index < 2) platform.write('\n')
    }
    platform.write('\n')

    expect(await platform.ended).toMatchObject({ code: 0, stderr: '' })
  })
})
