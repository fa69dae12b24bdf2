// SPDX-License-Identifier: Apache-2.0

/**
 * Counters since the start or the last reset. At every moment
 * `received = delivered + rejected + refused + unanswered + waiting`.
 */
export interface SinkStats {
  /** Requests whose head was read, whatever became of them. */
  readonly requests: number
  /** Connections that were opened. */
  readonly connections: number
  readonly openConnections: number
  /** Spans that arrived in a body that could be decoded. */
  readonly received: number
  /** Spans of requests answered with 2xx, without those of a partial success that were rejected. Only these are in `spans()`. */
  readonly delivered: number
  /** Spans that a partial success told the sender were rejected. */
  readonly rejected: number
  /** Spans of requests that were answered with another status. */
  readonly refused: number
  /** Spans of requests that got no status: a fault, or the sender went away first. */
  readonly unanswered: number
  /** Spans of requests that are still to be answered. */
  readonly waiting: number
  /** Received spans whose trace and span id had been received before, whatever the answer was then. */
  readonly duplicates: number
  /** Delivered spans that had been delivered before: `delivered - deliveredTwice` different spans have got through. */
  readonly deliveredTwice: number
  /** Delivered spans that are no longer in `spans()`; when spans are only counted, all of them. */
  readonly forgotten: number
  /** Everything read from sockets, with the heads of requests and the frames of HTTP/2. */
  readonly bytesOnTheWire: number
  /** Bodies of OTLP, after decompression. */
  readonly bytesDecoded: number
  /** Requests that the sink itself turned down. */
  readonly refusals: Readonly<Partial<Record<Refusal, number>>>
  /** Fields that the schema does not have, and in how many requests. Not looked for when spans are only counted. */
  readonly unknownFields: Readonly<Record<string, number>>
  /** Of the last request; names in lower case. */
  readonly lastHeaders: Readonly<Record<string, string>> | undefined
}

export type Refusal =
  | 'malformed-http'
  | 'path'
  | 'method'
  | 'content-type'
  | 'content-encoding'
  | 'too-large'
  | 'decompress'
  | 'decode'
  | 'unknown-field'
  /** The sender closed the connection in the middle of its request. */
  | 'aborted'
