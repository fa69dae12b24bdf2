// SPDX-License-Identifier: Apache-2.0
import { diag } from '@opentelemetry/api'
import { afterEach, describe, expect, test } from 'vitest'
import { limitMillis, resolveSettings } from '../src/options.js'
import type { BufferConfig, Environment } from '../src/options.js'

const DEFAULTS = {
  maxQueueSize: 2048,
  maxExportBatchSize: 512,
  scheduledDelayMillis: 5000,
  exportTimeoutMillis: 30_000,
  shutdownTimeoutMillis: 30_000,
  turnBudgetMillis: 0.5,
}

async function setup(config: unknown, env: Environment = {}) {
  const warnings: string[] = []
  const logger = { error: fail, warn: (message: string) => warnings.push(message), info: fail, debug: fail, verbose: fail }
  diag.setLogger(logger, { suppressOverrideMessage: true })
  const settings = resolveSettings(config as BufferConfig, env)
  // Whoever makes a processor may register a logger right after it.
  expect(warnings).toEqual([])
  await Promise.resolve()
  return { settings, warnings }
}

function fail(message: string): void {
  throw new Error(`unexpected log: ${message}`)
}

afterEach(() => {
  diag.disable()
})

test('without options and environment the defaults of the specification hold', async () => {
  const { settings, warnings } = await setup({}, {})
  expect(settings).toEqual(DEFAULTS)
  expect(warnings).toEqual([])
})

test('undefined and null mean the default', async () => {
  for (const nothing of [undefined, null]) {
    const { settings, warnings } = await setup({ maxQueueSize: nothing, exportTimeoutMillis: nothing, turnBudgetMillis: nothing })
    expect(settings).toEqual(DEFAULTS)
    expect(warnings).toEqual([])
  }
})

/** The value that an option has after a bad or borderline one was given; anything not listed here is the default. */
const LEGAL: Record<string, Record<string, number>> = {
  scheduledDelayMillis: { '0': 0 },
  exportTimeoutMillis: { '0': Infinity },
  shutdownTimeoutMillis: { '0': Infinity },
  turnBudgetMillis: { '1.5': 1.5 },
}
const VALUES: unknown[] = [Number.NaN, Infinity, -Infinity, 0, -1, 2 ** 31, 1.5, '5', true, {}, [], Symbol('x'), 10n, () => 1]
const SHOWN = [
  'NaN',
  'Infinity',
  '-Infinity',
  '0',
  '-1',
  '2**31',
  '1.5',
  "'5'",
  'true',
  '{}',
  '[]',
  'a symbol',
  '10n',
  'a function',
]

describe.each(Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[])('%s', (name) => {
  test.each(SHOWN.map((shown, i): [string, unknown] => [shown, VALUES[i]]))(
    'given as %s never throws and has the documented value',
    async (shown, value) => {
      const { settings, warnings } = await setup({ [name]: value })
      const legal = typeof value === 'number' ? LEGAL[name]?.[shown] : undefined
      expect(settings).toEqual({ ...DEFAULTS, [name]: legal ?? DEFAULTS[name] })
      expect(warnings.length).toBe(legal === undefined ? 1 : 0)
      if (legal === undefined) expect(warnings[0]).toContain(`${name} is `)
      if (legal === undefined) expect(warnings[0]).toContain(`using ${DEFAULTS[name]}`)
    },
  )
})

test('the warning names the option, the value, the range and what is used', async () => {
  expect((await setup({ maxQueueSize: 0 })).warnings).toEqual([
    'BatchSpanProcessor: maxQueueSize is 0; must be an integer from 1 to 16777216; using 2048',
  ])
})

const VARIABLES = {
  OTEL_BSP_MAX_QUEUE_SIZE: 'maxQueueSize',
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: 'maxExportBatchSize',
  OTEL_BSP_SCHEDULE_DELAY: 'scheduledDelayMillis',
  OTEL_BSP_EXPORT_TIMEOUT: 'exportTimeoutMillis',
} as const

describe.each(Object.entries(VARIABLES))('%s', (variable, name) => {
  test('is read where the option is not given', async () => {
    expect((await setup({}, { [variable]: ' 700 ' })).settings).toEqual({
      ...DEFAULTS,
      [name]: 700,
      ...(name === 'maxQueueSize' && { maxExportBatchSize: 512 }),
    })
    expect((await setup({ [name]: 100 }, { [variable]: '700' })).settings[name]).toBe(100)
  })

  test('means unset when it is empty', async () => {
    for (const empty of ['', '  ']) expect(await setup({}, { [variable]: empty })).toEqual({ settings: DEFAULTS, warnings: [] })
  })

  test.each(['abc', '-1', 'NaN', 'Infinity', '1.5', '2147483648', '5s', '0x', '1,000', 'null', '--', '1e400', '🙂'])(
    'set to %j warns once and leaves the default',
    async (value) => {
      const { settings, warnings } = await setup({}, { [variable]: value })
      expect(settings).toEqual(DEFAULTS)
      expect(warnings.length).toBe(1)
      expect(warnings[0]).toContain(`${variable} is ${JSON.stringify(value)}`)
    },
  )

  test('is not looked at where the option is given', async () => {
    expect((await setup({ [name]: 100 }, { [variable]: 'garbage' })).warnings).toEqual([])
  })
})

test('an export time-out of 0 in the environment means no limit', async () => {
  expect((await setup({}, { OTEL_BSP_EXPORT_TIMEOUT: '0' })).settings.exportTimeoutMillis).toBe(Infinity)
})

test('a batch larger than the queue is reduced to it, with a warning where it was asked for', async () => {
  expect(await setup({ maxQueueSize: 10, maxExportBatchSize: 20 })).toEqual({
    settings: { ...DEFAULTS, maxQueueSize: 10, maxExportBatchSize: 10 },
    warnings: ['BatchSpanProcessor: maxExportBatchSize is 20; must be at most maxQueueSize, 10'],
  })
  expect(await setup({ maxQueueSize: 10 })).toEqual({
    settings: { ...DEFAULTS, maxQueueSize: 10, maxExportBatchSize: 10 },
    warnings: [],
  })
})

test('a logger that throws does not make the constructor throw', () => {
  const thrower = (): void => {
    throw new Error('logger')
  }
  diag.setLogger(
    { error: thrower, warn: thrower, info: thrower, debug: thrower, verbose: thrower },
    { suppressOverrideMessage: true },
  )
  expect(resolveSettings({ maxQueueSize: -1 }, {})).toEqual(DEFAULTS)
})

test('a time limit of a call is milliseconds, 0 for none, and the default where it is no time', () => {
  expect(limitMillis(undefined, 30)).toBe(30)
  expect(limitMillis(null, 30)).toBe(30)
  expect(limitMillis(0, 30)).toBe(Infinity)
  expect(limitMillis(0.5, 30)).toBe(0.5)
  expect(limitMillis(Infinity, 30)).toBe(Infinity)
  for (const bad of [Number.NaN, -1, '5', {}, 5n]) expect(limitMillis(bad, 30)).toBe(30)
})
