// SPDX-License-Identifier: Apache-2.0
import type { MeterProvider } from '@opentelemetry/api'
import { INVALID_SETTING, MAX_TIMER_MILLIS } from '@spanring/core'
import type { SpanExporter } from '@spanring/core'
import { MAX_SPANS, SHUTDOWN_MILLIS } from './limits.js'
import { textOf, warn } from './warn.js'

/**
 * Options under the names of the stock processor. `undefined`, `null` and an empty string mean: take the environment
 * variable, else the default. A bad value never throws; one warning names it. A number that is too large, too small or
 * not an integer is replaced by the nearest one that is allowed; what is no positive number, by the default. A number
 * may also be given as a string. Numbers are integers unless said otherwise.
 */
export interface BufferConfig {
  /**
   * How many spans may wait as objects; one that ends while the queue is full is dropped and counted as `queue_full`.
   * 1 to 2^24; the memory for it is taken as it fills. Default: `OTEL_BSP_MAX_QUEUE_SIZE`, else 2048.
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
  /**
   * How long `shutdown` may take, in milliseconds, unless the call says otherwise: nearly all of it goes to exporting
   * what is queued. What has not left by then is counted as lost. 0 to 2^31-1, where 0 means without a limit.
   * Default: 30000. Not an option of the stock processor.
   */
  shutdownTimeoutMillis?: number | undefined
  /** Where the `otel.sdk.processor.span.*` metrics go; without one the counts are in `stats()` alone. */
  selfObsMeterProvider?: MeterProvider | undefined
  /**
   * How long one turn of the drain loop may keep the event loop, in milliseconds; grows up to eightfold, and never over
   * 4 ms, as the queue fills. A fraction is fine; 0.05 to 4. Default: 0.5. Not an option of the stock processor.
   */
  turnBudgetMillis?: number | undefined
  /**
   * In a browser, whether to leave out the flush when the page is hidden: it hands everything that is queued to the
   * exporter at once, also beside an export under way, since the page may never run again. Default: false.
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
  /** Infinity without a limit. */
  readonly shutdownTimeoutMillis: number
  readonly turnBudgetMillis: number
}

type Rule = readonly [kind: 'an integer' | 'a number', fallback: number, min: number, max: number, variable?: string]

const RULES: Readonly<Record<keyof Settings, Rule>> = {
  maxQueueSize: ['an integer', 2048, 1, MAX_SPANS, 'OTEL_BSP_MAX_QUEUE_SIZE'],
  maxExportBatchSize: ['an integer', 512, 1, MAX_SPANS, 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE'],
  scheduledDelayMillis: ['an integer', 5000, 0, MAX_TIMER_MILLIS, 'OTEL_BSP_SCHEDULE_DELAY'],
  exportTimeoutMillis: ['an integer', 30_000, 0, MAX_TIMER_MILLIS, 'OTEL_BSP_EXPORT_TIMEOUT'],
  shutdownTimeoutMillis: ['an integer', SHUTDOWN_MILLIS, 0, MAX_TIMER_MILLIS],
  turnBudgetMillis: ['a number', 0.5, 0.05, 4],
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Without `process` in a browser. */
interface Global {
  readonly process?: { readonly env?: Environment }
}

/** Code beats environment, environment beats default. */
export function resolveSettings(config: BufferConfig, env?: Environment): Settings {
  const settings = {} as Record<keyof Settings, number>
  for (const [name, rule] of Object.entries(RULES) as [keyof Settings, Rule][]) {
    const variable = rule[4] ?? ''
    const given: unknown = config[name]
    settings[name] = isUnset(given) ? checked(variable, readVariable(variable, env), rule) : checked(name, given, rule)
  }
  const { maxQueueSize, maxExportBatchSize } = settings
  if (maxExportBatchSize > maxQueueSize) {
    settings.maxExportBatchSize = maxQueueSize
    // Nobody asked for the default; a small queue alone is no mistake.
    if (maxExportBatchSize !== RULES.maxExportBatchSize[1]) {
      warn(`${INVALID_SETTING} maxExportBatchSize is ${maxExportBatchSize}; must be at most maxQueueSize; using ${maxQueueSize}`)
    }
  }
  settings.exportTimeoutMillis ||= Infinity
  settings.shutdownTimeoutMillis ||= Infinity
  return settings
}

/**
 * A time limit given with a call, in milliseconds: 0 means without a limit, and what is no time at all is replaced by
 * the default, with a warning.
 */
export function limitMillis(options: { readonly timeoutMillis?: unknown } | null | undefined, fallback: number): number {
  let given: unknown
  try {
    given = options?.timeoutMillis
  } catch {
    // A shutdown whose options cannot be read is a shutdown all the same.
  }
  return checked('timeoutMillis', given, ['a number', fallback, 0, Infinity]) || Infinity
}

/** Without permission to read the environment, as in Deno without `--allow-env`, the read itself throws. */
function readVariable(name: string, env?: Environment): string | undefined {
  try {
    return (env ?? (globalThis as Global).process?.env)?.[name]
  } catch {
    return undefined
  }
}

/** An empty variable is an unset one (specification, configuration/common), and so is an option that was read from one. */
function isUnset(given: unknown): boolean {
  return given === undefined || given === null || (typeof given === 'string' && given.trim() === '')
}

/** The value, or the nearest that keeps the rule, or the default; with a warning if it is not what was given. */
function checked(label: string, given: unknown, [kind, fallback, min, max]: Rule): number {
  if (isUnset(given)) return fallback
  const value = typeof given === 'string' ? Number(given) : given
  let used = fallback
  if (value === 0 && min === 0) used = 0
  else if (typeof value === 'number' && value > 0) {
    // Rounded up: a time-out of half a millisecond must not become 0, which means without a limit.
    used = Math.min(Math.max(kind === 'an integer' ? Math.ceil(value) : value, min), max)
  }
  if (used !== value) {
    const shown = typeof given === 'string' ? JSON.stringify(given) : textOf(given)
    warn(`${INVALID_SETTING} ${label} is ${shown}; must be ${kind} from ${min} to ${max}; using ${used}`)
  }
  return used
}
