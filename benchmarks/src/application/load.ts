// SPDX-License-Identifier: Apache-2.0
import type { Part } from './run-application.js'

/** What comes to the application. */
export interface AppLoad {
  readonly name: string
  readonly title: string
  readonly part: Part
  readonly path: string
  readonly method: 'GET' | 'POST'
  readonly body?: string
  readonly connections: number
  /** Requests per second over all connections; as many as are answered if not given. */
  readonly perSecond?: number
}

export const LOADS: readonly AppLoad[] = [
  {
    name: 'fixed',
    title: 'The orders service with its database, 150 requests/s',
    part: 'orders',
    path: '/orders/1',
    method: 'GET',
    connections: 10,
    perSecond: 150,
  },
  {
    name: 'saturating',
    title: 'The pricing service, as many requests as it answers on 32 connections',
    part: 'pricing',
    path: '/quotes',
    method: 'POST',
    body: JSON.stringify([
      { sku: 'sku-17', quantity: 2 },
      { sku: 'sku-230', quantity: 1 },
    ]),
    connections: 32,
  },
]
