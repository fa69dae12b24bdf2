// SPDX-License-Identifier: Apache-2.0
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { OrderAudit } from './order-audit.js'
import type { Order, OrderLine, OrderStore, ProductRow } from './order-store.js'
import { checkProducts } from './product-import.js'

type ById = FastifyRequest<{ Params: { id: string } }>

export interface OrdersOptions {
  readonly store: OrderStore
  readonly audit: OrderAudit
  readonly pricingUrl: string
}

/** The routes. Handlers are named functions because their names become span names. */
export function createOrdersServer({ store, audit, pricingUrl }: OrdersOptions): FastifyInstance {
  const server = Fastify()

  server.get('/orders/:id', async function showOrder(request: ById, reply: FastifyReply) {
    const order = await store.find(Number(request.params.id))
    if (!order) return reply.code(404).send({ message: 'no such order' })
    return { ...order, totalCents: await quote(order) }
  })

  server.post('/orders', async function createOrder(request: FastifyRequest<{ Body: { customer: string; lines: OrderLine[] } }>) {
    const id = await store.create(request.body.customer, request.body.lines)
    audit.enqueue(id, 'order created')
    return { id }
  })

  /** The error path: orders are created without a billing address, and nobody thought of that here. */
  server.get('/orders/:id/invoice', async function showInvoice(request: ById, reply: FastifyReply) {
    const order = await store.find(Number(request.params.id))
    if (!order) return reply.code(404).send({ message: 'no such order' })
    const totalCents = await quote(order)
    if (!order.billingAddress) {
      audit.enqueue(order.id, 'invoice failed')
      throw new Error(`order ${order.id} has no billing address`)
    }
    return { order: order.id, totalCents, to: order.billingAddress }
  })

  server.post('/products/import', async function importProducts(request: FastifyRequest<{ Body: ProductRow[] }>) {
    const rows = checkProducts(request.body)
    await store.saveProducts(rows)
    return { saved: rows.length }
  })

  async function quote(order: Order): Promise<number> {
    const response = await fetch(`${pricingUrl}/quotes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(order.lines),
    })
    const { totalCents }: { totalCents: number } = JSON.parse(await response.text())
    return totalCents
  }

  return server
}
