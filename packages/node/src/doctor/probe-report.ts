// SPDX-License-Identifier: Apache-2.0

/** What the probe, a process with the set-up of the application, tells of itself. */
export interface ProbeReport {
  /** Variables of OpenTelemetry that anything has asked for. */
  readonly read: readonly string[]
  readonly testSpan: TestSpan
  /** Whose processors the spans go through, as far as it can be seen. */
  readonly pipeline?: string | undefined
  /** Milliseconds from the end of the test span to the answer. */
  readonly millis: number
}

/** `none`: nothing has registered a tracer provider; `unsampled`: the sampler has dropped it. */
export type TestSpan = 'none' | 'unsampled' | 'accepted' | FailedSpan

export interface FailedSpan {
  readonly error: string
  /** What the backend wrote with its refusal. */
  readonly data?: string | undefined
}

/** One line through `diag`, as it is said, or the report, which is last. */
export type ProbeMessage = { readonly said: string } | { readonly report: ProbeReport }

/** Where the preload leaves what has been read, for the probe in its process. */
export const READ: unique symbol = Symbol.for('spanring.doctor.1') as never
/** Where every copy of the API keeps what is registered; the key changes with its major version alone. */
export const API: unique symbol = Symbol.for('opentelemetry.js.api.1') as never
/** Tells the preload which version of the API the application has; the API refuses to work with another. */
export const API_VERSION = 'SPANRING_DOCTOR_API_VERSION'

export interface ApiGlobal {
  readonly version: string
  diag?: unknown
  readonly trace?: unknown
}
