// SPDX-License-Identifier: Apache-2.0
import type { Pool } from 'pg'

export interface OrderLine {
  readonly sku: string
  readonly quantity: number
}

export interface Order {
  readonly id: number
  readonly customer: string
  readonly billingAddress: string | null
  readonly lines: readonly OrderLine[]
}

export interface ProductRow {
  readonly sku: string
  readonly name: string
}

// A schema of its own: DATABASE_URL may point at a database with other tables. The lock, held to the end of the whole
// query, is for two services that start at once: `if not exists` looks before it creates, and fails if both saw nothing.
const schema = `
  select pg_advisory_xact_lock(7264);
  create schema if not exists orders_example;
  create table if not exists orders_example.products (sku text primary key, name text not null, sold int not null default 0);
  create table if not exists orders_example.orders (
    id int generated always as identity primary key, customer text not null, billing_address text);
  create table if not exists orders_example.order_lines (
    order_id int not null references orders_example.orders, sku text not null, quantity int not null);
  create index if not exists order_lines_order on orders_example.order_lines (order_id);
  create table if not exists orders_example.audits (order_id int not null, event text not null);
`

/** All SQL of the service. */
export class OrderStore {
  readonly #pool: Pool

  constructor(pool: Pool) {
    this.#pool = pool
  }

  /** Creates the tables, and orders 1 to `orderCount` in an empty database. */
  async prepare(orderCount: number): Promise<void> {
    await this.#pool.query(schema)
    const { rows } = await this.#pool.query<{ count: number }>('select count(*)::int as count from orders_example.orders')
    for (let id = (rows[0]?.count ?? 0) + 1; id <= orderCount; id++)
      await this.create(`customer-${id}`, [
        { sku: `sku-${id % 50}`, quantity: 1 + (id % 3) },
        { sku: `sku-${(id + 7) % 50}`, quantity: 2 },
      ])
  }

  async find(id: number): Promise<Order | undefined> {
    const orders = await this.#pool.query<{ customer: string; billing_address: string | null }>({
      name: 'find-order',
      text: 'select customer, billing_address from orders_example.orders where id = $1',
      values: [id],
    })
    const order = orders.rows[0]
    if (!order) return undefined
    const lines = await this.#pool.query<OrderLine>({
      name: 'find-order-lines',
      text: 'select sku, quantity from orders_example.order_lines where order_id = $1',
      values: [id],
    })
    return { id, customer: order.customer, billingAddress: order.billing_address, lines: lines.rows }
  }

  /** One transaction: the order, its lines, and what was sold of each product. */
  async create(customer: string, lines: readonly OrderLine[]): Promise<number> {
    const client = await this.#pool.connect()
    const skus = lines.map((line) => line.sku)
    const quantities = lines.map((line) => line.quantity)
    try {
      await client.query('begin')
      const { rows } = await client.query<{ id: number }>({
        name: 'create-order',
        text: 'insert into orders_example.orders (customer) values ($1) returning id',
        values: [customer],
      })
      const id = rows[0]?.id ?? 0
      await client.query({
        name: 'create-order-lines',
        text: 'insert into orders_example.order_lines select $1, * from unnest($2::text[], $3::int[])',
        values: [id, skus, quantities],
      })
      await client.query({
        name: 'count-sold',
        text: `update orders_example.products p set sold = sold + l.quantity
               from unnest($1::text[], $2::int[]) as l (sku, quantity) where p.sku = l.sku`,
        values: [skus, quantities],
      })
      await client.query('commit')
      return id
    } catch (error) {
      await client.query('rollback')
      throw error
    } finally {
      client.release()
    }
  }

  async saveProducts(rows: readonly ProductRow[]): Promise<void> {
    await this.#pool.query({
      name: 'save-products',
      text: `insert into orders_example.products (sku, name) select * from unnest($1::text[], $2::text[])
             on conflict (sku) do update set name = excluded.name`,
      values: [rows.map((row) => row.sku), rows.map((row) => row.name)],
    })
  }

  async addAudit(orderId: number, event: string): Promise<void> {
    await this.#pool.query({
      name: 'add-audit',
      text: 'insert into orders_example.audits (order_id, event) values ($1, $2)',
      values: [orderId, event],
    })
  }
}
