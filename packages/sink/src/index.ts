// SPDX-License-Identifier: Apache-2.0
export { startBlackHole } from './black-hole.js'
export type { BlackHole } from './black-hole.js'
export { forkSink } from './fork-sink.js'
export type { ForkedSink } from './forked-sink.js'
export { startSink } from './local-sink.js'
export { decodeProtobuf } from './otlp/decode-protobuf.js'
export type { PartialSuccess } from './otlp/export-response.js'
export type {
  ReceivedEntityRef,
  ReceivedEvent,
  ReceivedLink,
  ReceivedResource,
  ReceivedScope,
  ReceivedSpan,
} from './otlp/received-span.js'
export type { AttributeHolder, Attributes, RepeatedKey, Value } from './otlp/value.js'
export type { Fault, Reply } from './reply.js'
export { requestBody } from './request-body.js'
export type { SinkOptions } from './sink-options.js'
export type { Refusal, SinkStats } from './sink-stats.js'
export type { Sink } from './sink.js'
