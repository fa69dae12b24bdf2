// SPDX-License-Identifier: Apache-2.0

export interface Difference {
  readonly stock: string
  readonly spanring: string
  readonly why: string
}

/**
 * What an application may notice when it moves from the stock packages of SDK 2.12 or 3.1. Each entry has a test that
 * sees both sides, on both lines, and all of them are printed into docs/migrating.md.
 */
export const DIFFERENCES = {
  processor: {
    'when a full batch is exported': {
      stock: 'inside the `span.end()` that fills it',
      spanring: 'in a later turn of the event loop',
      why: 'the request that ends the 512th span does not pay for all of them',
    },
    'what `forceFlush()` waits for': {
      stock: 'not for the batch that is being exported; `exporter.forceFlush()` is not called',
      spanring: 'for every span that has ended; then `exporter.forceFlush()` is called',
      why: 'a process that is frozen after the flush would lose that batch',
    },
    'a `forceFlush()` of several batches, before it is awaited': {
      stock: 'has begun to export all of them at once',
      spanring: 'has begun to export the first; each other follows when the one before has ended',
      why: 'a slow backend is not asked for everything at the same time',
    },
    'a shutdown whose last export fails': {
      stock: '`exporter.shutdown()` is not called',
      spanring: '`exporter.shutdown()` is called',
      why: 'connections would stay open',
    },
    'a shutdown whose `exporter.shutdown()` never ends': {
      stock: 'never ends either',
      spanring: 'gives that up after 5 s, and everything after `shutdownTimeoutMillis`, by default 30 s',
      why: 'the process has to end',
    },
    'an exporter that never answers': {
      stock: 'is asked again after every time-out',
      spanring: 'is asked more and more rarely, until it answers once; `stats().abandonedExports` counts',
      why: 'it keeps what it was given, and grows with every export',
    },
    '`exportTimeoutMillis: 0`': {
      stock: 'every export is given up at once',
      spanring: 'no limit',
      why: 'the specification gives 0 this meaning',
    },
    'the asynchronous context of an export': {
      stock: 'that of the request that filled the batch',
      spanring: 'that in which the processor was made',
      why: 'what an exporter logs, or a hook that it calls, would be taken for a part of that request',
    },
    'the metric `otel.sdk.processor.span.processed`, when an export fails': {
      stock: 'has the failure as `error.type`',
      spanring: 'counts the spans as handed over; the exporter’s own metric has its failures',
      why: 'the conventions count what the processor did, and a dashboard would count a failure twice',
    },
    'the metric `otel.sdk.processor.span.queue.capacity`': {
      stock: 'is `maxQueueSize`',
      spanring: 'is that and one batch, if the exporter takes arrays: so many spans may wait',
      why: 'the size of the queue counts them all, and never exceeds its capacity',
    },
    'the scope of the processor’s own metrics': {
      stock: '`@opentelemetry/sdk-trace`',
      spanring: '`@spanring/batch-span-processor`',
      why: 'it is the library that counts; names of metrics and `otel.component.type` are the same',
    },
    'fake timers, as of Jest, Vitest or sinon': {
      stock: 'exports when the fake time has passed',
      spanring: 'exports when the real time has passed',
      why: 'a test that stops time must not stop telemetry, nor a flush that it awaits',
    },
    'spans that end after the shutdown': {
      stock: 'vanish',
      spanring: 'are counted: `stats().dropped.already_shutdown`',
      why: 'no span is lost without being counted',
    },
  },
  exporter: {
    'more spans than the queue has places, ended in one stretch': {
      stock: 'are lost',
      spanring: 'wait as bytes, up to `maxBufferedBytes`',
      why: 'an import of a few thousand rows is no reason to lose spans',
    },
    'a backend that is gone for longer than an export may take': {
      stock: 'costs the spans of that time; a flush rejects when its export fails',
      spanring: 'gets them when it is back; a flush waits for that, by default for up to 30 s',
      why: 'a deployment of the backend is no reason to lose spans',
    },
    'a backend that answers byte by byte': {
      stock: 'holds the export for as long as it likes',
      spanring: 'is given up after `timeoutMillis`',
      why: 'thirty such exports, and the stock exporter sends nothing any more',
    },
    'a request that is too large for the backend (413)': {
      stock: 'is lost as a whole',
      spanring: 'is halved until it fits',
      why: 'the spans are not to blame',
    },
    'spans that the backend rejects (partial success)': {
      stock: 'count as exported',
      spanring: 'count as failed: `rejected`',
      why: 'they were not stored',
    },
    '`error.code` of an export that the backend refuses': {
      stock: 'the status, as `400`',
      spanring: 'the reason, as `"http_400"`; the status is `error.statusCode`',
      why: 'most reasons have no status: a time-out, a connection, a span that is too large',
    },
    'the header `User-Agent`': {
      stock: '`OTel-OTLP-Exporter-JavaScript/` and its version',
      spanring: '`spanring-OTLP-Exporter-JavaScript/` and its version',
      why: 'the specification asks for the name of the exporter',
    },
    'the scope of the exporter’s own metrics': {
      stock: '`@opentelemetry/otlp-exporter`',
      spanring: '`@spanring/otlp-exporter`',
      why: 'it is the library that counts; names of metrics and `otel.component.type` are the same',
    },
  },
  register: {
    'SIGTERM, and nobody else listens': {
      stock: 'the spans are delivered, and the process lives on: stock’s listener takes the signal’s effect away',
      spanring: 'the spans are delivered, and the process ends by the signal',
      why: 'that is what it does without telemetry',
    },
    'SIGINT, as from Ctrl-C': {
      stock: 'the spans that wait are lost',
      spanring: 'as SIGTERM',
      why: 'it ends a process as well',
    },
    'spans of your own `beforeExit` listeners': {
      stock: 'are lost: telemetry is shut down by then',
      spanring: 'are delivered',
      why: 'it is the last moment, and the right one to close things',
    },
    "names imported from ES modules, as `import { request } from 'node:http'`": {
      stock: 'need `--experimental-loader=@opentelemetry/instrumentation/hook.mjs` beside it',
      spanring: 'are instrumented',
      why: 'one line should do',
    },
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Difference>>>>

type Of<Group extends keyof typeof DIFFERENCES> = keyof (typeof DIFFERENCES)[Group]

/** One for each entry of a group, and none beside. */
export type Cases<Group extends keyof typeof DIFFERENCES, Case> = Readonly<Record<Of<Group>, Case>>

/** The tables as they stand in the document. */
export function printDifferences(group: keyof typeof DIFFERENCES): string {
  const rows = Object.entries(DIFFERENCES[group]).map(
    ([what, { stock, spanring, why }]) => `| ${what} | ${stock} | ${spanring} | ${why} |`,
  )
  return ['| | stock | spanring | why |', '| --- | --- | --- | --- |', ...rows].join('\n')
}
