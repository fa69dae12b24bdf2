// SPDX-License-Identifier: Apache-2.0
import { openDatabase } from './database.js'
import { OrderAudit } from './order-audit.js'
import { OrderStore } from './order-store.js'
import { createOrdersServer } from './orders-server.js'
import { createPricingServer } from './pricing-server.js'

export interface ServiceOptions {
  /** Default 0: any free port. */
  readonly port?: number | undefined
  /** Default: an embedded database. */
  readonly databaseUrl?: string | undefined
}

export interface Service {
  readonly url: string
  close(): Promise<void>
}

/** Orders 1 to this number exist once the service has started. */
export const seededOrderCount = 100

/** Starts the database, the pricing service and the orders service. */
export async function startService({ port = 0, databaseUrl }: ServiceOptions = {}): Promise<Service> {
  const database = await openDatabase(databaseUrl)
  const store = new OrderStore(database.pool)
  await store.prepare(seededOrderCount)
  const audit = new OrderAudit(store)
  const pricing = createPricingServer()
  const pricingUrl = await pricing.listen({ host: '127.0.0.1', port: 0 })
  const orders = createOrdersServer({ store, audit, pricingUrl })
  const url = await orders.listen({ host: '127.0.0.1', port })
  return {
    url,
    async close(): Promise<void> {
      await orders.close()
      await pricing.close()
      await audit.close()
      await database.close()
    },
  }
}
