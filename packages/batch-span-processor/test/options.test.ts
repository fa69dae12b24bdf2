// SPDX-License-Identifier: Apache-2.0
import { diag } from '@opentelemetry/api'
import { logTo } from '@spanring/test-kit/diag'
import { describe, expect, onTestFinished, test } from 'vitest'
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
  onTestFinished(() => diag.disable())
  const settings = resolveSettings(config as BufferConfig, env)
  // Whoever makes a processor may register a logger right after it.
  expect(warnings).toEqual([])
  await Promise.resolve()
  return { settings, warnings }
}

function fail(message: string): void {
  throw new Error(`unexpected log: ${message}`)
}

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

const MAX_SPANS = 2 ** 24
const MAX_MILLIS = 2 ** 31 - 1
type Uses = readonly [size: number, delay: number, timeout: number, budget: number]

/**
 * What is used for a value; no entry means the default. Nearest, not default: whoever asks for more must not get less
 * than without asking.
 */
const CASES: [shown: string, value: unknown, uses?: Uses][] = [
  ['Infinity', Infinity, [MAX_SPANS, MAX_MILLIS, MAX_MILLIS, 4]],
  ['2**25', 2 ** 25, [MAX_SPANS, 2 ** 25, 2 ** 25, 4]],
  ['2**31', 2 ** 31, [MAX_SPANS, MAX_MILLIS, MAX_MILLIS, 4]],
  ["'Infinity'", 'Infinity', [MAX_SPANS, MAX_MILLIS, MAX_MILLIS, 4]],
  ["'8192'", '8192', [8192, 8192, 8192, 4]],
  ["' 8192 '", ' 8192 ', [8192, 8192, 8192, 4]],
  ['8191.5', 8191.5, [8192, 8192, 8192, 4]],
  ['0.01', 0.01, [1, 1, 1, 0.05]],
  ['1', 1, [1, 1, 1, 1]],
  ['NaN', Number.NaN],
  ['-Infinity', -Infinity],
  ['-1', -1],
  ["'-1'", '-1'],
  ["'five'", 'five'],
  ['true', true],
  ['{}', {}],
  ['[]', []],
  ['a symbol', Symbol('x')],
  ['10n', 10n],
  ['a function', () => 1],
]
const USED = {
  maxQueueSize: 0,
  maxExportBatchSize: 0,
  scheduledDelayMillis: 1,
  exportTimeoutMillis: 2,
  shutdownTimeoutMillis: 2,
  turnBudgetMillis: 3,
} as const

describe.each(Object.entries(USED) as [keyof typeof DEFAULTS, 0 | 1 | 2 | 3][])('%s', (name, column) => {
  test.each(CASES)('given as %s never throws and has the documented value', async (_shown, value, uses) => {
    // Room for any batch, so that this option alone is looked at.
    const config = { maxQueueSize: MAX_SPANS, [name]: value, ...(name === 'maxQueueSize' && { maxExportBatchSize: 1 }) }
    const { settings, warnings } = await setup(config)
    const used = uses?.[column] ?? DEFAULTS[name]
    expect(settings[name]).toBe(used)
    expect(warnings.length).toBe(used === Number(typeof value === 'symbol' ? Number.NaN : value) ? 0 : 1)
    if (warnings[0])
      expect(warnings[0]).toMatch(
        new RegExp(String.raw`^BatchSpanProcessor: \[SPANRING_INVALID_SETTING\] ${name} is .* using ${used}$`),
      )
  })

  test('means unset as an empty string', async () => {
    for (const empty of ['', '  ']) expect(await setup({ [name]: empty })).toEqual({ settings: DEFAULTS, warnings: [] })
  })
})

test('a time-out or a delay of 0 is what it says', async () => {
  const { settings, warnings } = await setup({ scheduledDelayMillis: 0, exportTimeoutMillis: '0' })
  expect(settings).toEqual({ ...DEFAULTS, scheduledDelayMillis: 0, exportTimeoutMillis: Infinity })
  expect(warnings).toEqual([])
})

test('a size or a budget of 0 is no size: the default, with a warning', async () => {
  const { settings, warnings } = await setup({ maxQueueSize: 0, maxExportBatchSize: 0, turnBudgetMillis: 0 })
  expect(settings).toEqual(DEFAULTS)
  expect(warnings.length).toBe(3)
})

test('the warning names the option, the value, the range and what is used', async () => {
  expect((await setup({ maxQueueSize: 0 })).warnings).toEqual([
    'BatchSpanProcessor: [SPANRING_INVALID_SETTING] maxQueueSize is 0; must be an integer from 1 to 16777216; using 2048',
  ])
  expect((await setup({ maxQueueSize: Infinity })).warnings).toEqual([
    'BatchSpanProcessor: [SPANRING_INVALID_SETTING] maxQueueSize is Infinity; must be an integer from 1 to 16777216; using 16777216',
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

  test.each(['abc', '-1', 'NaN', '-Infinity', '5s', '0x', '1,000', 'null', '--', '-1e400', '🙂'])(
    'set to %j warns once and leaves the default',
    async (value) => {
      const { settings, warnings } = await setup({}, { [variable]: value })
      expect(settings).toEqual(DEFAULTS)
      expect(warnings.length).toBe(1)
      expect(warnings[0]).toContain(`${variable} is ${JSON.stringify(value)}`)
    },
  )

  test.each(['Infinity', '2147483648', '1e400'])('set to %j warns once and means as much as there may be', async (value) => {
    const queue = name === 'maxExportBatchSize' && { maxQueueSize: MAX_SPANS }
    const { settings, warnings } = await setup({ ...queue }, { [variable]: value })
    expect(settings[name]).toBe(name.endsWith('Millis') ? MAX_MILLIS : MAX_SPANS)
    expect(warnings.length).toBe(1)
    expect(warnings[0]).toContain(`${variable} is ${JSON.stringify(value)}`)
  })

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
    warnings: ['BatchSpanProcessor: [SPANRING_INVALID_SETTING] maxExportBatchSize is 20; must be at most maxQueueSize; using 10'],
  })
  expect(await setup({ maxQueueSize: 10 })).toEqual({
    settings: { ...DEFAULTS, maxQueueSize: 10, maxExportBatchSize: 10 },
    warnings: [],
  })
})

test('a logger that throws does not make the constructor throw', () => {
  logTo(() => {
    throw new Error('logger')
  })
  expect(resolveSettings({ maxQueueSize: -1 }, {})).toEqual(DEFAULTS)
})

test('an environment that may not be read is an empty one', () => {
  const { env } = process
  const forbidden = new Proxy(env, {
    get: () => {
      throw new Error('NotCapable: Requires env access, run again with the --allow-env flag')
    },
  })
  process.env = forbidden
  try {
    expect(resolveSettings({})).toEqual(DEFAULTS)
  } finally {
    process.env = env
  }
})

test('a time limit of a call is milliseconds, 0 for none, and the default where it is no time', () => {
  expect(limitMillis({ timeoutMillis: undefined }, 30)).toBe(30)
  expect(limitMillis({ timeoutMillis: null }, 30)).toBe(30)
  expect(limitMillis({ timeoutMillis: 0 }, 30)).toBe(Infinity)
  expect(limitMillis({ timeoutMillis: 0.5 }, 30)).toBe(0.5)
  expect(limitMillis({ timeoutMillis: Infinity }, 30)).toBe(Infinity)
  expect(limitMillis({ timeoutMillis: '5' }, 30)).toBe(5)
  expect(limitMillis({ timeoutMillis: ' 0 ' }, 30)).toBe(Infinity)
  for (const bad of [Number.NaN, -1, 'five', {}, 5n]) expect(limitMillis({ timeoutMillis: bad }, 30)).toBe(30)
})
