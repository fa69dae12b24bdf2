// SPDX-License-Identifier: Apache-2.0

/**
 * Counters since the start or the last reset. At every moment
 * `received = delivered + rejected + refused + unanswered + waiting`.
 */
export interface SinkStats {
  /** Requests whose headers were read, whether or not they were answered. */
  readonly requests: number
  /** Connections that were opened. */
  readonly connections: number
  readonly openConnections: number
  /** Spans that arrived in a body that could be decoded. */
  readonly received: number
  /** Spans of requests that were answered with 2xx, except those that a partial success rejected. Only these are in `spans()`. */
  readonly delivered: number
  /** Spans that a partial success reported as rejected. */
  readonly rejected: number
  /** Spans of requests that were answered with another status. */
  readonly refused: number
  /** Spans of requests that got no status, because of a fault or because the sender disconnected first. */
  readonly unanswered: number
  /** Spans of requests that have not been answered yet. */
  readonly waiting: number
  /** Received spans whose ids had been received before, whatever the earlier answer was. */
  readonly duplicates: number
  /** Delivered spans that had been delivered before. So `delivered - deliveredTwice` different spans were delivered. */
  readonly deliveredTwice: number
  /** Delivered spans that are no longer in `spans()`; all of them if spans are only counted. */
  readonly forgotten: number
  /** Bytes read from sockets, including request headers and HTTP/2 frames. */
  readonly bytesOnTheWire: number
  /** Bytes of OTLP bodies, after decompression. */
  readonly bytesDecoded: number
  /** Requests that the sink itself refused, by reason. */
  readonly refusals: Readonly<Partial<Record<Refusal, number>>>
  /**
   * Fields that are not in the schema, with the number of requests that had them. Protobuf requests are only checked for them
   * if spans are kept or `strict` is on.
   */
  readonly unknownFields: Readonly<Record<string, number>>
  /** The headers of the last request, with names in lower case. */
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
