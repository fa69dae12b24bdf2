// SPDX-License-Identifier: Apache-2.0
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import type { OrderLine } from './order-store.js'

/** The second service: knows what things cost. */
export function createPricingServer(): FastifyInstance {
  const server = Fastify()
  server.post('/quotes', async function quote(request: FastifyRequest<{ Body: OrderLine[] }>) {
    return { totalCents: request.body.reduce((total, line) => total + line.quantity * priceCents(line.sku), 0) }
  })
  return server
}

function priceCents(sku: string): number {
  let hash = 7
  for (const character of sku) hash = (hash * 31 + character.charCodeAt(0)) % 10_000
  return 100 + hash
}
