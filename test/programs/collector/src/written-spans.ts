// SPDX-License-Identifier: Apache-2.0
import { createReadStream, existsSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** A request as the file exporter writes it, one a line: OTLP in JSON. */
interface WrittenRequest {
  readonly resourceSpans?: readonly {
    readonly resource?: unknown
    readonly schemaUrl?: string
    readonly scopeSpans?: readonly {
      readonly scope?: unknown
      readonly schemaUrl?: string
      readonly spans?: readonly { readonly traceId: string; readonly spanId: string }[]
    }[]
  }[]
}

export interface WrittenSpans {
  /** By trace id and span id: the whole span with its resource and scope, as JSON. The first copy. */
  readonly byId: ReadonlyMap<string, string>
  /** Copies after the first. */
  readonly repeated: number
}

/** What the collector wrote. Nothing is put into another order: what is sent in another order is a difference. */
export async function readWrittenSpans(file: string): Promise<WrittenSpans> {
  const byId = new Map<string, string>()
  let repeated = 0
  if (!existsSync(file)) return { byId, repeated }
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const request = JSON.parse(line) as WrittenRequest
    for (const { resource, schemaUrl: resourceSchemaUrl, scopeSpans = [] } of request.resourceSpans ?? []) {
      for (const { scope, schemaUrl: scopeSchemaUrl, spans = [] } of scopeSpans) {
        for (const span of spans) {
          const id = `${span.traceId}/${span.spanId}`
          if (byId.has(id)) repeated++
          else byId.set(id, JSON.stringify({ span, scope, scopeSchemaUrl, resource, resourceSchemaUrl }))
        }
      }
    }
  }
  return { byId, repeated }
}
