// SPDX-License-Identifier: Apache-2.0
import { SeededRandom } from '@spanring/test-kit/random'

export interface PlannedRequest {
  readonly atMillis: number
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body: string
  readonly expectedStatus: number
}

export interface LoadShape {
  readonly warmUpMillis: number
  readonly measuredMillis: number
  readonly requestsPerSecond: number
  readonly orderCount: number
}

/** Of both processors, by default. */
export const queueSize = 2048
/** A supplier's list: fits into the queue. */
const importRows = 400
const importsPerSecond = 5
/** The whole catalogue, once: does not fit, so that there is a loss to account for. */
export const catalogueRows = 4000

/** The same requests at the same times for every contender: the randomness is seeded. */
export function planLoad(shape: LoadShape): PlannedRequest[] {
  const random = new SeededRandom(20_261_121)
  const totalMillis = shape.warmUpMillis + shape.measuredMillis
  const anyOrder = (): number => random.between(1, shape.orderCount)
  const plan: PlannedRequest[] = []
  const add = (atMillis: number, method: 'GET' | 'POST', path: string, body: unknown = '', expectedStatus = 200): void => {
    plan.push({ atMillis, method, path, body: body === '' ? '' : JSON.stringify(body), expectedStatus })
  }

  for (let at = 0; at < totalMillis; at += 1000 / shape.requestsPerSecond) {
    const dice = random.next()
    if (dice < 0.65) add(at, 'GET', `/orders/${anyOrder()}`)
    else if (dice < 0.95) add(at, 'POST', '/orders', { customer: `customer-${anyOrder()}`, lines: someLines(random) })
    else add(at, 'GET', `/orders/${anyOrder()}/invoice`, '', 500)
  }
  for (let at = 100; at < totalMillis; at += 1000 / importsPerSecond)
    add(at, 'POST', '/products/import', productRows(importRows, random))
  add(shape.warmUpMillis + shape.measuredMillis * 0.6, 'POST', '/products/import', productRows(catalogueRows, random))
  return plan.toSorted((a, b) => a.atMillis - b.atMillis)
}

function someLines(random: SeededRandom): { sku: string; quantity: number }[] {
  return Array.from({ length: random.between(1, 4) }, (_, line) => ({
    sku: `sku-${line * 100 + random.below(100)}`,
    quantity: random.between(1, 5),
  }))
}

function productRows(count: number, random: SeededRandom): { sku: string; name: string }[] {
  return Array.from({ length: count }, (_, row) => ({ sku: `SKU-${row} `, name: `product ${random.below(1e6)}` }))
}
