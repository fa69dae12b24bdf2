// SPDX-License-Identifier: Apache-2.0

/** What the probe reports. The probe is a process with the set-up of the application. */
export interface ProbeReport {
  /** Names of the variables of OpenTelemetry and spanring that anything in the process has read. */
  readonly read: readonly string[]
  readonly testSpan: TestSpan
  /** Describes the processors that the spans go through; undefined if they cannot be found. */
  readonly pipeline?: string | undefined
  /** Milliseconds from the end of the test span to the answer. */
  readonly millis: number
}

/** `none`: nothing has registered a tracer provider. `unsampled`: the sampler dropped the span. */
export type TestSpan = 'none' | 'unsampled' | 'accepted' | FailedSpan

export interface FailedSpan {
  readonly error: string
  /** What the backend wrote when it refused the span. */
  readonly data?: string | undefined
}

/** One line that was logged through `diag`, or the report, which comes last. */
export type ProbeMessage = { readonly logged: string } | { readonly report: ProbeReport }

/** Where the preload keeps the names of the variables that were read, for the probe in the same process. */
export const READ: unique symbol = Symbol.for('spanring.doctor.1') as never
/** Where every copy of the API registers. The key changes only with the major version of the API. */
export const API: unique symbol = Symbol.for('opentelemetry.js.api.1') as never
/** The variable that tells the preload the API version of the application. The API refuses to work with any other version. */
export const API_VERSION = 'SPANRING_DOCTOR_API_VERSION'

export interface ApiGlobal {
  readonly version: string
  diag?: unknown
  readonly trace?: unknown
}
