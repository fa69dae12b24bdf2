// SPDX-License-Identifier: Apache-2.0
import type { Sdk, Tracer } from '@spanring/sdk-lines'
import { SeededRandom } from '@spanring/test-kit/random'

/** Starts and ends one span; every value on it is new. */
export type Shape = (tracer: Tracer, sdk: Sdk, random: SeededRandom) => void

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_'
/** Long enough that hardly a value comes twice. */
const TEXT = randomLetters(65_536)
const KEYS = Array.from({ length: 48 }, (_, i) => `${'some.attribute.name.'.slice(0, 18)}${10 + i}`)
const MANY_KEYS = Array.from({ length: 128 }, (_, i) => `batch.item.property.${100 + i}`)
const METHODS = ['GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE'] as const
const STATUS_CODES = [200, 200, 200, 201, 204, 304, 404, 500] as const
const TABLES = ['orders', 'customers', 'line_items', 'stock_levels', 'audit_log'] as const
const AGENT = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36'

export const SHAPES: Readonly<Record<string, Shape>> = {
  'ten attributes': tenAttributes,
  'HTTP server': httpServer,
  database,
  '128 attributes': manyAttributes,
  'events and links': eventsAndLinks,
  'not ASCII': notAscii,
  mixed(tracer, sdk, random) {
    random.pick([tenAttributes, httpServer, database])(tracer, sdk, random)
  },
}

/** Ten attributes with keys and values of 20 characters, each time another selection and order of 48 keys. */
function tenAttributes(tracer: Tracer, sdk: Sdk, random: SeededRandom): void {
  const span = tracer.startSpan(text(12, random), { kind: sdk.api.SpanKind.INTERNAL })
  const first = random.below(KEYS.length)
  const step = random.pick([1, 5, 7, 11])
  for (let i = 0; i < 10; i++) span.setAttribute(KEYS[(first + i * step) % KEYS.length]!, text(20, random))
  span.end()
}

function manyAttributes(tracer: Tracer, _sdk: Sdk, random: SeededRandom): void {
  const span = tracer.startSpan(text(12, random))
  for (let i = 0; i < 128; i++) span.setAttribute(MANY_KEYS[i]!, i % 4 === 0 ? random.below(1e6) : text(16, random))
  span.end()
}

function eventsAndLinks(tracer: Tracer, sdk: Sdk, random: SeededRandom): void {
  const linked = tracer.startSpan('linked').spanContext()
  const links = Array.from({ length: 4 }, () => ({ context: linked, attributes: { 'messaging.operation.name': 'receive' } }))
  const span = tracer.startSpan('process batch', { kind: sdk.api.SpanKind.CONSUMER, links })
  for (let i = 0; i < 6; i++) span.addEvent('message', { 'messaging.message.id': text(24, random), 'message.number': i })
  span.end()
}

function notAscii(tracer: Tracer, _sdk: Sdk, random: SeededRandom): void {
  const span = tracer.startSpan('Bestellung prüfen')
  for (let i = 0; i < 5; i++) span.setAttribute(KEYS[i]!, `Straße ${random.below(1000)}, 東京都 ${text(6, random)}`)
  for (let i = 5; i < 10; i++) span.setAttribute(KEYS[i]!, `Größe ${random.below(1000)} ${text(8, random)}`)
  span.end()
}

function httpServer(tracer: Tracer, sdk: Sdk, random: SeededRandom): void {
  const { SpanKind, SpanStatusCode } = sdk.api
  const method = random.pick(METHODS)
  const status = random.pick(STATUS_CODES)
  const path = `/api/v2/${random.pick(TABLES)}/${random.below(1e6)}`
  const span = tracer.startSpan(`${method} /api/v2/:table/:id`, {
    kind: SpanKind.SERVER,
    attributes: {
      'http.request.method': method,
      'url.scheme': 'https',
      'url.path': path,
      'url.query': random.chance(0.3) ? `page=${random.below(100)}&q=${text(8, random)}` : '',
      'server.address': 'shop.example.com',
      'server.port': 443,
      'client.address': `10.${random.below(256)}.${random.below(256)}.${random.below(256)}`,
      'user_agent.original': AGENT,
      'network.protocol.version': '1.1',
      'network.peer.address': `10.${random.below(256)}.${random.below(256)}.${random.below(256)}`,
      'network.peer.port': 1024 + random.below(60_000),
    },
  })
  span.setAttribute('http.route', '/api/v2/:table/:id')
  span.setAttribute('http.response.status_code', status)
  if (status === 500) span.setStatus({ code: SpanStatusCode.ERROR })
  span.end()
}

function database(tracer: Tracer, sdk: Sdk, random: SeededRandom): void {
  const { SpanKind, SpanStatusCode } = sdk.api
  const table = random.pick(TABLES)
  const query = `SELECT id, name, created_at, ${text(6, random)} FROM ${table} WHERE tenant_id = $1 AND state = $2 ORDER BY created_at DESC LIMIT ${random.below(100)}`
  const span = tracer.startSpan(`SELECT ${table}`, {
    kind: SpanKind.CLIENT,
    attributes: {
      'db.system.name': 'postgresql',
      'db.namespace': 'shop',
      'db.collection.name': table,
      'db.operation.name': 'SELECT',
      'db.query.text': query,
      'server.address': 'pg-1.internal',
      'server.port': 5432,
      'db.response.returned_rows': random.below(100),
    },
  })
  if (random.chance(0.02)) {
    span.recordException(new Error(`deadlock detected in ${table}`))
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'deadlock detected' })
  }
  span.end()
}

/** A new flat string cut out of bytes, as a parser or a driver makes it, and no garbage beside it. */
function text(length: number, random: SeededRandom): string {
  const from = random.below(TEXT.length - length)
  return TEXT.toString('latin1', from, from + length)
}

function randomLetters(length: number): Buffer {
  const random = new SeededRandom(1)
  const letters = Buffer.alloc(length)
  for (let i = 0; i < length; i++) letters[i] = LETTERS.charCodeAt(random.below(LETTERS.length))
  return letters
}
