// SPDX-License-Identifier: Apache-2.0
import { AttributeReader } from './attribute-reader.js'
import { DecodeError } from './decoded-request.js'
import type { Fields, LeafReader } from './leaf-reader.js'
import type {
  ReceivedEntityRef,
  ReceivedEvent,
  ReceivedLink,
  ReceivedResource,
  ReceivedScope,
  ReceivedSpan,
} from './received-span.js'

/** Reads an ExportTraceServiceRequest in either encoding and converts its spans to the normal form. Use one per request. */
export class RequestReader {
  readonly #leaf: LeafReader
  readonly #attributes: AttributeReader
  readonly #unknownField: (type: string, name: string) => void
  readonly #unknownFields = new Set<string>()

  constructor(leaf: LeafReader) {
    this.#leaf = leaf
    this.#unknownField = (type, name) => this.#unknownFields.add(`${type}.${name}`)
    this.#attributes = new AttributeReader(leaf, this.#unknownField)
  }

  /** Fields that are not in the schema, such as `Span.#99` or `Span.colour`, each once. */
  get unknownFields(): readonly string[] {
    return [...this.#unknownFields]
  }

  spans(raw: unknown): ReceivedSpan[] {
    const spans: ReceivedSpan[] = []
    for (const group of this.#list(this.#message(raw, 'ExportTraceServiceRequest'), 'resourceSpans', 'ResourceSpans')) {
      const resource = this.#resource(group)
      for (const list of this.#list(group, 'scopeSpans', 'ScopeSpans')) {
        const scope = this.#scope(list)
        for (const span of this.#list(list, 'spans', 'Span')) spans.push(this.#span(span, resource, scope))
      }
    }
    return spans
  }

  #resource(group: Fields): ReceivedResource {
    const resource = this.#optional(group, 'resource', 'Resource')
    return {
      ...this.#attributes.read(resource),
      entityRefs: this.#list(resource, 'entityRefs', 'EntityRef').map((entity) => this.#entityRef(entity)),
      schemaUrl: this.#leaf.text(group['schemaUrl'], 'ResourceSpans.schemaUrl'),
    }
  }

  #entityRef(entity: Fields): ReceivedEntityRef {
    const keys = (name: string): string[] =>
      this.#leaf.list(entity[name], `EntityRef.${name}`).map((key) => this.#leaf.text(key, `EntityRef.${name}`))
    return {
      schemaUrl: this.#leaf.text(entity['schemaUrl'], 'EntityRef.schemaUrl'),
      type: this.#leaf.text(entity['type'], 'EntityRef.type'),
      idKeys: keys('idKeys'),
      descriptionKeys: keys('descriptionKeys'),
    }
  }

  #scope(list: Fields): ReceivedScope {
    const scope = this.#optional(list, 'scope', 'InstrumentationScope')
    return {
      name: this.#leaf.text(scope['name'], 'InstrumentationScope.name'),
      version: this.#leaf.text(scope['version'], 'InstrumentationScope.version'),
      ...this.#attributes.read(scope),
      schemaUrl: this.#leaf.text(list['schemaUrl'], 'ScopeSpans.schemaUrl'),
    }
  }

  #span(span: Fields, resource: ReceivedResource, scope: ReceivedScope): ReceivedSpan {
    const leaf = this.#leaf
    const status = this.#optional(span, 'status', 'Status')
    return {
      traceId: this.#id(span, 'traceId', 16, 'Span'),
      spanId: this.#id(span, 'spanId', 8, 'Span'),
      parentSpanId: leaf.id(span['parentSpanId'], 'Span.parentSpanId') && this.#id(span, 'parentSpanId', 8, 'Span'),
      traceState: leaf.text(span['traceState'], 'Span.traceState'),
      flags: leaf.uint32(span['flags'], 'Span.flags'),
      name: leaf.text(span['name'], 'Span.name'),
      kind: leaf.int32(span['kind'], 'Span.kind'),
      startTimeUnixNano: leaf.fixed64(span['startTimeUnixNano'], 'Span.startTimeUnixNano'),
      endTimeUnixNano: leaf.fixed64(span['endTimeUnixNano'], 'Span.endTimeUnixNano'),
      ...this.#attributes.read(span),
      events: this.#list(span, 'events', 'Event').map((event) => this.#event(event)),
      droppedEventsCount: leaf.uint32(span['droppedEventsCount'], 'Span.droppedEventsCount'),
      links: this.#list(span, 'links', 'Link').map((link) => this.#link(link)),
      droppedLinksCount: leaf.uint32(span['droppedLinksCount'], 'Span.droppedLinksCount'),
      status: { code: leaf.int32(status['code'], 'Status.code'), message: leaf.text(status['message'], 'Status.message') },
      resource,
      scope,
    }
  }

  #event(event: Fields): ReceivedEvent {
    return {
      timeUnixNano: this.#leaf.fixed64(event['timeUnixNano'], 'Event.timeUnixNano'),
      name: this.#leaf.text(event['name'], 'Event.name'),
      ...this.#attributes.read(event),
    }
  }

  #link(link: Fields): ReceivedLink {
    return {
      traceId: this.#id(link, 'traceId', 16, 'Link'),
      spanId: this.#id(link, 'spanId', 8, 'Link'),
      traceState: this.#leaf.text(link['traceState'], 'Link.traceState'),
      flags: this.#leaf.uint32(link['flags'], 'Link.flags'),
      ...this.#attributes.read(link),
    }
  }

  /**
   * In OTLP an id of another length, or one that is all zeroes, is invalid. Links may still have ids of zeroes, as in the
   * Collector: the API records links without a context if they have attributes or a trace state.
   */
  #id(message: Fields, name: string, bytes: number, type: string): string {
    const id = this.#leaf.id(message[name], `${type}.${name}`)
    if (id.length !== 2 * bytes) throw new DecodeError(`${type}.${name} has ${id.length / 2} bytes, not ${bytes}`)
    if (type !== 'Link' && /^0*$/.test(id)) throw new DecodeError(`${type}.${name} is all zeroes`)
    return id
  }

  #list(message: Fields, name: string, type: string): Fields[] {
    return this.#leaf.list(message[name], `the list of ${type}`).map((item) => this.#message(item, type))
  }

  #optional(message: Fields, name: string, type: string): Fields {
    const raw = message[name]
    return raw === undefined || raw === null ? this.#leaf.empty(type) : this.#message(raw, type)
  }

  #message(raw: unknown, type: string): Fields {
    return this.#leaf.message(raw, type, this.#unknownField)
  }
}
