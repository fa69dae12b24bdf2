// SPDX-License-Identifier: Apache-2.0

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
  const random = seededRandom(20_261_121)
  const totalMillis = shape.warmUpMillis + shape.measuredMillis
  const anyOrder = (): number => 1 + Math.floor(random() * shape.orderCount)
  const plan: PlannedRequest[] = []
  const add = (atMillis: number, method: 'GET' | 'POST', path: string, body: unknown = '', expectedStatus = 200): void => {
    plan.push({ atMillis, method, path, body: body === '' ? '' : JSON.stringify(body), expectedStatus })
  }

  for (let at = 0; at < totalMillis; at += 1000 / shape.requestsPerSecond) {
    const dice = random()
    if (dice < 0.65) add(at, 'GET', `/orders/${anyOrder()}`)
    else if (dice < 0.95) add(at, 'POST', '/orders', { customer: `customer-${anyOrder()}`, lines: someLines(random) })
    else add(at, 'GET', `/orders/${anyOrder()}/invoice`, '', 500)
  }
  for (let at = 100; at < totalMillis; at += 1000 / importsPerSecond)
    add(at, 'POST', '/products/import', productRows(importRows, random))
  add(shape.warmUpMillis + shape.measuredMillis * 0.6, 'POST', '/products/import', productRows(catalogueRows, random))
  return plan.toSorted((a, b) => a.atMillis - b.atMillis)
}

function someLines(random: () => number): { sku: string; quantity: number }[] {
  return Array.from({ length: 1 + Math.floor(random() * 4) }, (_, line) => ({
    sku: `sku-${line * 100 + Math.floor(random() * 100)}`,
    quantity: 1 + Math.floor(random() * 5),
  }))
}

function productRows(count: number, random: () => number): { sku: string; name: string }[] {
  return Array.from({ length: count }, (_, row) => ({ sku: `SKU-${row} `, name: `product ${Math.floor(random() * 1e6)}` }))
}

/** mulberry32 */
function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
