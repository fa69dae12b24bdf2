// SPDX-License-Identifier: Apache-2.0
import type { MeterProvider } from '@opentelemetry/api'
import { INVALID_SETTING, MAX_TIMER_MILLIS } from '@spanring/core'
import type { SpanExporter } from '@spanring/core'
import { MAX_SPANS, SHUTDOWN_MILLIS } from './limits.js'
import { textOf, warn } from './warn.js'

/**
 * Options with the names of the stock processor. `undefined`, `null` and an empty string mean: use the environment
 * variable, else the default. An invalid value never throws, but causes one warning that names it. A number that is too
 * large, too small or not an integer is replaced by the nearest valid one. Anything that is not a positive number is
 * replaced by the default. A number may also be given as a string. Numbers are integers unless stated otherwise.
 */
export interface BufferConfig {
  /**
   * How many spans may wait as objects. A span that ends while the queue is full is dropped and counted as `queue_full`.
   * 1 to 2^24; memory is allocated as the queue fills. Default: `OTEL_BSP_MAX_QUEUE_SIZE`, else 2048.
   */
  maxQueueSize?: number | undefined
  /**
   * The largest number of spans in one export. An export starts as soon as this many spans wait. 1 to 2^24, and reduced to
   * `maxQueueSize` if that is smaller. Default: `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`, else 512.
   */
  maxExportBatchSize?: number | undefined
  /**
   * The longest time that a span waits for its batch to fill, in milliseconds. 0 to 2^31-1.
   * Default: `OTEL_BSP_SCHEDULE_DELAY`, else 5000.
   */
  scheduledDelayMillis?: number | undefined
  /**
   * The time limit of one export from hand-over to outcome, in milliseconds. When it passes, the spans count as failed with
   * the reason `timeout`. 0 to 2^31-1, where 0 means without a limit. Default: `OTEL_BSP_EXPORT_TIMEOUT`, else 30000.
   */
  exportTimeoutMillis?: number | undefined
  /**
   * The time limit of `shutdown`, in milliseconds, unless the call gives another one. Nearly all of that time is for
   * exporting what is queued. Spans that have not left by then are counted as lost. 0 to 2^31-1, where 0 means without a
   * limit. Default: 30000. Not an option of the stock processor.
   */
  shutdownTimeoutMillis?: number | undefined
  /** Receives the `otel.sdk.processor.span.*` metrics. Default: none; the counts are then only in `stats()`. */
  selfObsMeterProvider?: MeterProvider | undefined
  /**
   * How long one turn of the drain loop may block the event loop, in milliseconds. Grows up to eightfold as the queue fills,
   * but never beyond 4 ms. 0.05 to 4, and may be a fraction. Default: 0.5. Not an option of the stock processor.
   */
  turnBudgetMillis?: number | undefined
  /**
   * In a browser, disables the flush when the page is hidden. That flush hands everything that is queued to the exporter at
   * once, even while an export is under way, because the page may never run again. Default: false.
   */
  disableAutoFlushOnDocumentHide?: boolean | undefined
}

/** The constructor argument of `@opentelemetry/sdk-trace`: one object, with the exporter among the options. */
export interface BatchSpanProcessorOptions extends BufferConfig {
  exporter: SpanExporter
}

/** The numbers after validation. No other code sees NaN, a string or a value out of range. */
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

type Rule = readonly [fallback: number, min: number, max: number, variable?: string, isFraction?: boolean]

const RULES: Readonly<Record<keyof Settings, Rule>> = {
  maxQueueSize: [2048, 1, MAX_SPANS, 'OTEL_BSP_MAX_QUEUE_SIZE'],
  maxExportBatchSize: [512, 1, MAX_SPANS, 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE'],
  scheduledDelayMillis: [5000, 0, MAX_TIMER_MILLIS, 'OTEL_BSP_SCHEDULE_DELAY'],
  exportTimeoutMillis: [30_000, 0, MAX_TIMER_MILLIS, 'OTEL_BSP_EXPORT_TIMEOUT'],
  shutdownTimeoutMillis: [SHUTDOWN_MILLIS, 0, MAX_TIMER_MILLIS],
  turnBudgetMillis: [0.5, 0.05, 4, '', true],
}

export type Environment = Readonly<Record<string, string | undefined>>

/** There is no `process` in a browser. */
interface Global {
  readonly process?: { readonly env?: Environment }
}

/** Options in code take precedence over the environment, and the environment over the defaults. */
export function resolveSettings(config: BufferConfig, env?: Environment): Settings {
  const settings = {} as Record<keyof Settings, number>
  for (const [name, rule] of Object.entries(RULES) as [keyof Settings, Rule][]) {
    const variable = rule[3] ?? ''
    const given: unknown = config[name]
    settings[name] = isUnset(given) ? checked(variable, readVariable(variable, env), rule) : checked(name, given, rule)
  }
  const { maxQueueSize, maxExportBatchSize } = settings
  if (maxExportBatchSize > maxQueueSize) {
    settings.maxExportBatchSize = maxQueueSize
    // No warning if the batch size is the default: choosing a small queue is not a mistake.
    if (maxExportBatchSize !== RULES.maxExportBatchSize[0]) {
      warn(`${INVALID_SETTING} maxExportBatchSize is ${maxExportBatchSize}; must be at most maxQueueSize; using ${maxQueueSize}`)
    }
  }
  settings.exportTimeoutMillis ||= Infinity
  settings.shutdownTimeoutMillis ||= Infinity
  return settings
}

/**
 * A time limit given with a call, in milliseconds; 0 means without a limit. Anything that is not a valid time is replaced by
 * the default, with a warning.
 */
export function limitMillis(options: { readonly timeoutMillis?: unknown } | null | undefined, fallback: number): number {
  let given: unknown
  try {
    given = options?.timeoutMillis
  } catch {
    // Options that cannot be read must not prevent a shutdown.
  }
  return checked('timeoutMillis', given, [fallback, 0, Infinity, '', true]) || Infinity
}

/** Reading the environment throws if that is not permitted, for example in Deno without `--allow-env`. */
function readVariable(name: string, env?: Environment): string | undefined {
  try {
    return (env ?? (globalThis as Global).process?.env)?.[name]
  } catch {
    return undefined
  }
}

/** An empty variable counts as unset (specification, configuration/common). So does an empty option, often read from one. */
function isUnset(given: unknown): boolean {
  return given === undefined || given === null || (typeof given === 'string' && given.trim() === '')
}

/** Returns the given value, the nearest one that the rule allows, or the default. Warns unless it is the given value. */
function checked(label: string, given: unknown, [fallback, min, max, , isFraction]: Rule): number {
  if (isUnset(given)) return fallback
  const value = typeof given === 'string' ? Number(given) : given
  let used = fallback
  if (typeof value === 'number' && (value > 0 || value === min)) {
    // Rounded up, because half a millisecond must not become 0, which means without a limit.
    used = Math.min(Math.max(isFraction ? value : Math.ceil(value), min), max)
  }
  if (used !== value) {
    const shown = typeof given === 'string' ? JSON.stringify(given) : textOf(given)
    warn(
      `${INVALID_SETTING} ${label} is ${shown}; must be ${isFraction ? 'a number' : 'an integer'} from ${min} to ${max}; using ${used}`,
    )
  }
  return used
}
