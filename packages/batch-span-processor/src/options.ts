// SPDX-License-Identifier: Apache-2.0
import { diag } from '@opentelemetry/api'
import type { MeterProvider } from '@opentelemetry/api'
import type { SpanExporter } from './span-exporter.js'

/**
 * Options under the names of the stock processor. `undefined` and `null` mean: take the environment variable, else the
 * default. A value out of range never throws: one warning names it and the default is used. Numbers are integers
 * unless said otherwise.
 */
export interface BufferConfig {
  /**
   * How many spans may wait as objects; one that ends while the queue is full is dropped and counted as `queue_full`.
   * 1 to 2^24. Default: `OTEL_BSP_MAX_QUEUE_SIZE`, else 2048.
   */
  maxQueueSize?: number | undefined
  /**
   * How many spans an export takes at most, and how many waiting ones start an export at once. 1 to 2^24, and at most
   * `maxQueueSize`, to which it is reduced. Default: `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`, else 512.
   */
  maxExportBatchSize?: number | undefined
  /**
   * How long a span waits at most for its batch to fill, in milliseconds. 0 to 2^31-1.
   * Default: `OTEL_BSP_SCHEDULE_DELAY`, else 5000.
   */
  scheduledDelayMillis?: number | undefined
  /**
   * How long one export may take from hand-over to result, in milliseconds; then its spans are counted as failed with
   * the reason `timeout`. 0 to 2^31-1, where 0 means without a limit. Default: `OTEL_BSP_EXPORT_TIMEOUT`, else 30000.
   */
  exportTimeoutMillis?: number | undefined
  /** Where the `otel.sdk.processor.span.*` metrics go; without one the counts are in `stats()` alone. */
  selfObsMeterProvider?: MeterProvider | undefined
  /**
   * How long one turn of the drain loop may keep the event loop, in milliseconds; grows up to eightfold, and never over
   * 4 ms, as the queue fills. A fraction is fine; 0.05 to 4. Default: 0.5. Not an option of the stock processor.
   */
  turnBudgetMillis?: number | undefined
  /**
   * In a browser, whether to leave out the flush when the page is hidden. Default: false.
   */
  disableAutoFlushOnDocumentHide?: boolean | undefined
}

/** The shape that `@opentelemetry/sdk-trace` takes: one object, the exporter among the options. */
export interface BatchSpanProcessorOptions extends BufferConfig {
  exporter: SpanExporter
}

/** The numbers after validation: nothing behind this point sees NaN, a string or a value out of range. */
export interface Settings {
  readonly maxQueueSize: number
  readonly maxExportBatchSize: number
  readonly scheduledDelayMillis: number
  /** Infinity without a limit. */
  readonly exportTimeoutMillis: number
  readonly turnBudgetMillis: number
}

interface Rule {
  readonly env?: string
  readonly fallback: number
  readonly min: number
  readonly max: number
  readonly fraction?: true
}

/** The storage of a ring is reserved at once: 2^24 slots are 128 MiB. */
const MAX_SPANS = 2 ** 24
/** The longest delay of a timer. */
const MAX_MILLIS = 2 ** 31 - 1

const RULES: Readonly<Record<keyof Settings, Rule>> = {
  maxQueueSize: { env: 'OTEL_BSP_MAX_QUEUE_SIZE', fallback: 2048, min: 1, max: MAX_SPANS },
  maxExportBatchSize: { env: 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE', fallback: 512, min: 1, max: MAX_SPANS },
  scheduledDelayMillis: { env: 'OTEL_BSP_SCHEDULE_DELAY', fallback: 5000, min: 0, max: MAX_MILLIS },
  exportTimeoutMillis: { env: 'OTEL_BSP_EXPORT_TIMEOUT', fallback: 30_000, min: 0, max: MAX_MILLIS },
  turnBudgetMillis: { fallback: 0.5, min: 0.05, max: 4, fraction: true },
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Code beats environment, environment beats default; whatever is out of range is warned about and passed over. */
export function resolveSettings(config: BufferConfig, env: Environment = environment()): Settings {
  const settings = {} as Record<keyof Settings, number>
  for (const name of Object.keys(RULES) as (keyof Settings)[]) settings[name] = resolve(name, config, env)
  const { maxQueueSize, maxExportBatchSize } = settings
  if (maxExportBatchSize > maxQueueSize) {
    settings.maxExportBatchSize = maxQueueSize
    // Nobody asked for the default; a small queue alone is no mistake.
    if (maxExportBatchSize !== RULES.maxExportBatchSize.fallback) {
      warn(`maxExportBatchSize is ${maxExportBatchSize}; must be at most maxQueueSize; using ${maxQueueSize}`)
    }
  }
  settings.exportTimeoutMillis ||= Infinity
  return settings
}

/**
 * A time limit given with a call, in milliseconds: 0 means without a limit, and what is no time at all is replaced by
 * the default, with a warning.
 */
export function limitMillis(value: unknown, fallback: number): number {
  if (value === undefined || value === null) return fallback
  if (typeof value === 'number' && value >= 0 && !Number.isNaN(value)) return value === 0 ? Infinity : value
  warn(`timeoutMillis is ${describe(value)}; must be a number of at least 0; using ${fallback}`)
  return fallback
}

function resolve(name: keyof Settings, config: BufferConfig, env: Environment): number {
  const { env: variable, fallback, min, max, fraction } = RULES[name]
  let label: string = name
  let given: unknown = config[name]
  let value = given
  if (given === undefined || given === null) {
    // An empty variable is an unset one (specification, configuration/common).
    given = variable === undefined ? undefined : env[variable]?.trim()
    if (variable === undefined || !given) return fallback
    label = variable
    value = Number(given)
  }
  if (typeof value === 'number' && value >= min && value <= max && (fraction === true || Number.isInteger(value))) return value
  const kind = fraction === true ? 'a number' : 'an integer'
  warn(`${label} is ${describe(given)}; must be ${kind} from ${min} to ${max}; using ${fallback}`)
  return fallback
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  try {
    return String(value)
  } catch {
    return typeof value
  }
}

/** The application's logger may throw; that must not become an exception of our constructor. */
function warn(message: string): void {
  try {
    diag.warn(`BatchSpanProcessor: ${message}`)
  } catch {
    // Nowhere left to say it.
  }
}

function environment(): Environment {
  return (globalThis as { process?: { env?: Environment } }).process?.env ?? {}
}
