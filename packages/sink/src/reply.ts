// SPDX-License-Identifier: Apache-2.0
import type { PartialSuccess } from './otlp/export-response.js'

export type Fault =
  /** Reads the request and does not answer. */
  | 'never'
  /** Sends status and headers at once, then the body byte by byte. */
  | 'drip'
  /** Reads the request, then destroys the connection. */
  | 'cut-before-headers'
  /** Sends status, headers and half of the body, then destroys the connection. */
  | 'cut-after-headers'
  /** Destroys the connection at the first byte of the request body, and reads no more. */
  | 'cut-in-request'

/** How to answer; `{}` is a healthy answer. A plain object, so that it can be sent to another process. */
export interface Reply {
  /** 200..599, default 200. An error carries a google.rpc.Status unless `body` says otherwise. */
  readonly status?: number | undefined
  /** Added to the usual headers. Replaces headers of the same name. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Replaces the response that OTLP requires. */
  readonly body?: string | Uint8Array | undefined
  /** Replaces the body with this many spaces. */
  readonly bodyBytes?: number | undefined
  /** How long to wait before the first byte of the answer, or before the fault, in milliseconds. Default: 0. */
  readonly delayMillis?: number | undefined
  readonly partialSuccess?: PartialSuccess | undefined
  readonly fault?: Fault | undefined
  /** How many bytes `drip` sends in all, unless `body` or `bodyBytes` is set. Default: 1,000,000. */
  readonly dripBytes?: number | undefined
  /** How long `drip` waits before each byte, in milliseconds. Default: 50. */
  readonly dripEveryMillis?: number | undefined
  /** How many requests are answered like this. Default: one; for the last reply of a script, all that follow. */
  readonly times?: number | undefined
}

const faults: readonly unknown[] = [
  'never',
  'drip',
  'cut-before-headers',
  'cut-after-headers',
  'cut-in-request',
] satisfies Fault[]

// setTimeout fires at once for anything longer.
const maxMillis = 2 ** 31 - 1
const maxBytes = 2 ** 26

type Check = (value: unknown) => string | false

const checks: Readonly<Record<string, Check>> = {
  status: integerIn(200, 599),
  headers: (value) => !isPlainObject(value) && 'an object',
  body: (value) => typeof value !== 'string' && !(value instanceof Uint8Array) && 'a string or a Uint8Array',
  bodyBytes: integerIn(0, maxBytes),
  delayMillis: integerIn(0, maxMillis),
  partialSuccess: (value) =>
    !(isPlainObject(value) && isIntegerIn(value['rejectedSpans'], 0, Number.MAX_SAFE_INTEGER)) && 'an object with rejectedSpans',
  fault: (value) => !faults.includes(value) && `one of ${faults.join(', ')}`,
  dripBytes: integerIn(1, maxBytes),
  dripEveryMillis: integerIn(0, maxMillis),
  times: integerIn(1, Number.MAX_SAFE_INTEGER),
} satisfies Record<keyof Reply, Check>

/** Throws a RangeError for a reply that the sink cannot give: otherwise a test with a misspelt fault would pass. */
export function checkReply(reply: Reply): void {
  for (const [name, value] of Object.entries(reply)) {
    const check = Object.hasOwn(checks, name) && checks[name]
    if (!check) throw new RangeError(`a reply has no ${name}`)
    const expected = value !== undefined && check(value)
    if (expected !== false) throw new RangeError(`reply.${name} is ${JSON.stringify(value)}; must be ${expected}`)
  }
}

function integerIn(from: number, to: number): Check {
  return (value) => !isIntegerIn(value, from, to) && `${from}..${to}`
}

function isIntegerIn(value: unknown, from: number, to: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
