// SPDX-License-Identifier: Apache-2.0
import type { Attributes, Counter, Histogram, MeterProvider, UpDownCounter } from '@opentelemetry/api'
import { BACKEND_DOWN, systemClock, takeComponentNumber } from '@spanring/core'
import type { Clock } from '@spanring/core'
import type { Settings } from './config/settings.js'
import type { SettledStored } from './span-batch.js'
import { warn, warnLater } from './warn.js'
import type { Truncated } from './encode/sanitize/values.js'
import type { BackendChange } from './transport/retry/backend.js'
import { errorTypeOf } from './transport/exporter-error.js'
import type { InheritedOutcome } from './transport/store/request-spool.js'
import type { FinishedExport, TransportHooks } from './transport/transport-hooks.js'

/** What the exporter has done so far. */
export interface ExporterStats {
  /** Spans that the backend accepted. */
  readonly exported: number
  /** Spans that were given up, by reason. Each span counts once, however often it was sent. */
  readonly failed: Readonly<Record<string, number>>
  /** Spans whose export is under way. */
  readonly inFlight: number
  /** Spans that wait until the backend is back. */
  readonly stored: number
  /** Spans that an earlier process has left in the spool: how many there were, and what has become of them. */
  readonly inherited: { readonly found: number; readonly exported: number; readonly failed: Readonly<Record<string, number>> }
  /** Requests that were sent, including retries. */
  readonly requests: number
  /**
   * Spans that were sent without a part that cannot be sent: a value that is nested too deeply or too often, or whose getter
   * throws, a link or a parent with an invalid id, or an invalid time. The span's own dropped counts include the attributes,
   * events and links that it lost.
   */
  readonly truncatedSpans: number
  /**
   * Resources and scopes that were encoded without such a part, or without attributes that arrived late and made them
   * larger than a request may be. Counts encodings: an object is encoded once, except for a resource whose attributes are
   * pending or too large, which is encoded again each time.
   */
  readonly truncatedResources: number
  /**
   * Memory for encoded spans that wait or are in flight, as the size of their buffers in bytes. At most `maxBufferedBytes`.
   * A batch that is being filled does not count, although some of that limit is reserved for it.
   */
  readonly bufferedBytes: number
  readonly backend: 'up' | 'down'
}

/** At most one pair of warnings (down and up) is logged per interval of this length, in milliseconds. */
const WARNING_INTERVAL_MILLIS = 30_000

/**
 * Counts what the transport reports. The counts are for `stats()` and for the `otel.sdk.exporter.*` metrics of the semantic
 * conventions. Also warns when the backend goes down, and when it is up again.
 */
export class ExporterTelemetry implements TransportHooks {
  #exported = 0
  readonly #failed: Record<string, number> = {}
  #truncatedSpans = 0
  #truncatedResources = 0
  #hasWarnedTruncated = false
  #inFlight = 0
  #stored = 0
  readonly #inherited = { found: 0, exported: 0, failed: {} as Record<string, number> }
  #requests = 0
  #backend: 'up' | 'down' = 'up'
  #hasWarnedDown = false
  /** Warnings that were not logged since the last one. */
  #suppressed = 0
  #nextWarningAt = -Infinity
  readonly #clock: Pick<Clock, 'now'>
  readonly #endpoint: string
  readonly #attributes: Attributes
  readonly #inFlightSpans: UpDownCounter | undefined
  readonly #exportedSpans: Counter | undefined
  readonly #duration: Histogram | undefined

  constructor(settings: Settings, provider: MeterProvider | undefined, clock: Pick<Clock, 'now'> = systemClock) {
    this.#clock = clock
    const { endpoint, protocol } = settings
    const type = protocol === 'http/json' ? 'otlp_http_json_span_exporter' : 'otlp_http_span_exporter'
    this.#endpoint = endpoint.printable
    this.#attributes = {
      'otel.component.type': type,
      'otel.component.name': `${type}/${takeComponentNumber(type)}`,
      'server.address': endpoint.serverAddress,
      'server.port': endpoint.serverPort,
    }
    if (provider === undefined || provider === null) return
    try {
      const meter = provider.getMeter('@spanring/otlp-exporter')
      this.#inFlightSpans = meter.createUpDownCounter('otel.sdk.exporter.span.inflight', {
        unit: '{span}',
        description:
          'The number of spans which were passed to the exporter, but that have not been exported yet (neither successful, nor failed).',
      })
      this.#exportedSpans = meter.createCounter('otel.sdk.exporter.span.exported', {
        unit: '{span}',
        description: 'The number of spans for which the export has finished, either successful or failed.',
      })
      this.#duration = meter.createHistogram('otel.sdk.exporter.operation.duration', {
        unit: 's',
        description: 'The duration of exporting a batch of telemetry records.',
        // A single bucket, because the conventions ask only for count and sum.
        advice: { explicitBucketBoundaries: [] },
      })
    } catch (error) {
      warn(`there are no metrics, because the meter provider failed: ${error instanceof Error ? error.message : typeof error}`)
    }
  }

  stats(bufferedBytes: number): ExporterStats {
    return {
      exported: this.#exported,
      failed: { ...this.#failed },
      inFlight: this.#inFlight,
      stored: this.#stored,
      inherited: { ...this.#inherited, failed: { ...this.#inherited.failed } },
      requests: this.#requests,
      truncatedSpans: this.#truncatedSpans,
      truncatedResources: this.#truncatedResources,
      bufferedBytes,
      backend: this.#backend,
    }
  }

  /** Counts spans that were refused before any request. */
  refuse(reason: string, count: number): void {
    if (count === 0) return
    this.#failed[reason] = (this.#failed[reason] ?? 0) + count
    try {
      this.#addFailed(reason, count)
    } catch {
      // The count stays in stats().
    }
  }

  /** Counts a span, resource or scope that is sent without a part that cannot be sent. May be called inside `span.end()`. */
  truncate(what: Truncated): void {
    if (what === 'span') this.#truncatedSpans++
    else this.#truncatedResources++
    if (this.#hasWarnedTruncated) return
    this.#hasWarnedTruncated = true
    warnLater(
      `a ${what} is sent without a part that cannot be sent (nested deeper than 30 levels or too often, a getter that throws, ` +
        'an invalid id or time); further cases are not logged, but they show in the dropped counts of the data, and in ' +
        'truncatedSpans and truncatedResources of stats()',
    )
  }

  onStart(spanCount: number): void {
    this.#inFlight += spanCount
    this.#inFlightSpans?.add(spanCount, this.#attributes)
  }

  onAttempt(): void {
    this.#requests++
  }

  onEnd({ spanCount, exported, failed, stored, durationMillis, statusCode, errorType }: FinishedExport): void {
    // Our own counts come first, because a meter that throws skips the rest.
    this.#inFlight -= spanCount
    this.#stored += stored
    this.#exported += exported
    for (const [reason, count = 0] of Object.entries(failed)) this.#failed[reason] = (this.#failed[reason] ?? 0) + count
    // What is stored was passed to the exporter and has no outcome yet: so the semantic conventions define it.
    this.#inFlightSpans?.add(stored - spanCount, this.#attributes)
    if (exported > 0) this.#exportedSpans?.add(exported, this.#attributes)
    for (const [reason, count = 0] of Object.entries(failed)) this.#addFailed(reason, count)
    this.#duration?.record(durationMillis / 1000, {
      ...this.#attributes,
      ...(statusCode !== undefined && { 'http.response.status_code': statusCode }),
      ...(errorType !== undefined && { 'error.type': errorType }),
    })
  }

  /** Counts what has become of stored spans. Those that are kept on disk for the next process stay stored. */
  settleStored({ exported, failed }: Omit<SettledStored, 'freedBytes'>): void {
    let count = exported
    for (const [reason, lost = 0] of Object.entries(failed)) {
      this.#failed[reason] = (this.#failed[reason] ?? 0) + lost
      count += lost
    }
    this.#stored -= count
    this.#exported += exported
    try {
      this.#inFlightSpans?.add(-count, this.#attributes)
      if (exported > 0) this.#exportedSpans?.add(exported, this.#attributes)
      for (const [reason, lost = 0] of Object.entries(failed)) this.#addFailed(reason, lost)
    } catch {
      // The counts stay in stats().
    }
  }

  onInherited({ found, exported, failed }: InheritedOutcome): void {
    const inherited = this.#inherited
    inherited.found += found
    inherited.exported += exported
    for (const reason in failed) inherited.failed[reason] = (inherited.failed[reason] ?? 0) + failed[reason]!
  }

  onBackendChange(change: BackendChange): void {
    this.#backend = change.state
    if (change.state === 'down') this.#warnDown(change.message)
    else if (this.#hasWarnedDown) this.#warnUp(change)
  }

  /** Rate-limited: one bad replica behind a load balancer makes the backend go down and up with every other request. */
  #warnDown(message: string): void {
    const now = this.#clock.now()
    this.#hasWarnedDown = now >= this.#nextWarningAt
    if (!this.#hasWarnedDown) {
      this.#suppressed++
      return
    }
    const before = this.#suppressed > 0 ? ` (and ${this.#suppressed} times since the last warning)` : ''
    this.#nextWarningAt = now + WARNING_INTERVAL_MILLIS
    this.#suppressed = 0
    warn(`${BACKEND_DOWN} ${this.#endpoint} is down: ${message}; trying again${before}`)
  }

  #warnUp({ downMillis, failedAttempts, failedSpans }: BackendChange & { state: 'up' }): void {
    const seconds = (downMillis / 1000).toFixed(1)
    const waited = this.#stored > 0 ? `, and ${this.#stored} that waited are sent now` : ''
    warn(
      `${this.#endpoint} is up again after ${seconds} s and ${failedAttempts} failed requests; ${failedSpans} spans were given up${waited}`,
    )
  }

  #addFailed(reason: string, count: number): void {
    this.#exportedSpans?.add(count, { ...this.#attributes, 'error.type': errorTypeOf(reason) })
  }
}
